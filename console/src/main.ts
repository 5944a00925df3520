// Begins: takes the token out of the address, then shows the console.
import { mount } from 'svelte';
import App from './App.svelte';
import './style.css';
import { takeToken } from './api';

takeToken();
const place = document.getElementById('console');
if (place) mount(App, { target: place });
