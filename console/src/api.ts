// Asks the console's API. Not here: what is made of the answers.

const API = '/api/monitor/v1/';
const TOKEN = 'nameplate-token';

/** The token stands behind the # of the link that the program prints: no server is sent that. Says
    whether there was one. */
export function takeToken(): boolean {
  const found = /^#token=([\x21-\x7e]+)$/.exec(location.hash);
  if (!found?.[1]) return false;
  sessionStorage.setItem(TOKEN, found[1]);
  history.replaceState(null, '', location.pathname);
  return true;
}

export function setToken(token: string): void {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** Why something was not answered, in both languages. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly english: string,
    readonly chinese: string,
  ) {
    super(english);
  }
}

export type Query = Record<string, string | undefined | null>;

function url(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  const text = parameters.toString();
  return API + path + (text ? `?${text}` : '');
}

async function ask(path: string, query: Query, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(url(path, query), { ...init, headers, credentials: 'omit' });
  } catch {
    throw new Refusal(0, 'network', 'the console cannot be reached', '无法连接到服务');
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  const { code = 'error', english = response.statusText, chinese = '请求未成功' } =
    said?.error ?? {};
  throw new Refusal(response.status, code, english, chinese);
}

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  return (await ask(path, query, {})).json();
}

function json(body: unknown): RequestInit {
  const headers = { 'Content-Type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await ask(path, {}, json(body))).json();
}

export async function send<T>(path: string, query: Query, file: Blob): Promise<T> {
  return (await ask(path, query, octets(file))).json();
}

/** A workbook with what is said of its warnings. */
export type Explained = {
  workbook: string;
  explanations: { at: string; code: string; text: string }[];
};

export async function sendExplained<T>(path: string, query: Query, body: Explained): Promise<T> {
  return (await ask(path, query, json(body))).json();
}

/** A file's octets in base64. */
export async function octetsOf(file: Blob): Promise<string> {
  const octets = new Uint8Array(await file.arrayBuffer());
  let text = '';
  const part = 0x8000;
  for (let at = 0; at < octets.length; at += part) {
    text += String.fromCharCode(...octets.subarray(at, at + part));
  }
  return btoa(text);
}

function octets(file: Blob): RequestInit {
  const headers = { 'Content-Type': 'application/octet-stream' };
  return { method: 'POST', headers, body: file };
}

/** Keeps an answer as a file. */
async function keep(response: Response, name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function keepGot(path: string, query: Query, name: string): Promise<void> {
  await keep(await ask(path, query, {}), name);
}

export async function keepPosted(path: string, body: unknown, name: string): Promise<void> {
  await keep(await ask(path, {}, json(body)), name);
}

export async function keepSent(
  path: string,
  query: Query,
  file: Blob,
  name: string,
): Promise<void> {
  await keep(await ask(path, query, octets(file)), name);
}
