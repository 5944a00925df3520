// Drives a Chromium through all screens, on a province that does not exist: they load without an error,
// a click leads a level down, a rule is tested, seen and goes live, a warning is taken over, a case
// opened and solved, a workbook looked at, a bulletin composed and issued; in Chinese and in English,
// dark, and on a narrow screen.
//
//     node tests/screens.mjs PROGRAM CHROMIUM [FOLDER]     screenshots go to FOLDER, if one is named
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [program, browserPath, folder] = process.argv.slice(2);
if (!program || !browserPath) {
  console.error('usage: node tests/screens.mjs PROGRAM CHROMIUM [FOLDER]');
  process.exit(2);
}
// Files that are being worked on, instead of those within the program.
const dist = process.env.CONSOLE_DIST;

const problems = [];
const place = mkdtempSync(join(tmpdir(), 'console-'));
const data = join(place, 'monitor');

function check(holds, what) {
  if (!holds) throw new Error(what);
}

function make() {
  const wanted = '--synthetic 2022 --cities 5 --counties 2 --divisions 6 --enterprises 6 --months 25';
  const made = spawnSync(program, ['monitor', 'init', '--data', data, ...wanted.split(' ')]);
  check(made.status === 0, `the province could not be made: ${made.stderr}`);
}

/** Starts the console on a free port; its link and the process. */
function serve() {
  const serving = spawn(program, [
    'monitor', 'serve', '--data', data, '--listen', '127.0.0.1:0', '--json', '--lang', 'en',
  ]);
  const link = new Promise((resolve, reject) => {
    let said = '';
    serving.stdout.on('data', (part) => {
      said += part;
      if (said.includes('\n')) resolve(JSON.parse(said.split('\n')[0]).link);
    });
    serving.stderr.on('data', (part) => console.error(String(part)));
    serving.on('exit', (code) => reject(new Error(`the console ended with ${code}`)));
  });
  return { serving, link };
}

/** A day from now on, as a field for days takes it. */
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

async function open(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'zh-CN',
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    // The test's own looking into a frame that runs no scripts is told as an error of the page.
    const isOurs = message.text().includes("'about:srcdoc'");
    if (message.type() === 'error' && !isOurs) problems.push(`${page.url()}: ${message.text()}`);
  });
  if (process.env.CONSOLE_LOG) page.on('response', (of) => console.log(of.status(), of.url()));
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error}`));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOurs = hostname === '127.0.0.1' || protocol === 'data:' || protocol === 'blob:';
    if (!isOurs) problems.push(`asked elsewhere: ${request.url()}`);
  });
  if (dist) {
    await page.route(/\/(console\.(js|css))?$/, async (route) => {
      const answer = await route.fetch();
      const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
      await route.fulfill({ response: answer, body: readFileSync(join(dist, name)) });
    });
  }
  return page;
}

const find = (page, name) => page.locator(`[data-test="${name}"]`);

/** Waits until nothing is being read any more. */
async function calm(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
}

async function go(page, link, path) {
  await page.goto(`${link.split('#')[0]}#/${path}`);
  await calm(page);
}

async function shoot(page, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Nothing of a page may be wider than the screen; tables scroll by themselves. */
async function checkWidth(page, where) {
  const [whole, seen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  check(whole <= seen, `${where}: ${whole} px wide on a screen of ${seen}`);
}

async function reading(page, link) {
  await page.goto(link);
  await calm(page);
  check(!page.url().includes('token'), 'the token stays in the address');
  check((await find(page, 'mark').innerText()).includes('合成数据'), 'synthetic data is not marked');
  await find(page, 'month').selectOption('2022-09');
  await calm(page);
  check((await find(page, 'tile').count()) === 5, 'there are five cities');
  check((await find(page, 'lag').locator('tbody tr').count()) > 3, 'no targets are told');
  await shoot(page, 'board-zh');
  // Province, city, division, enterprise: one click a level.
  await find(page, 'tile').nth(2).click();
  await calm(page);
  await shoot(page, 'drill-city');
  for (const level of ['division', 'enterprise']) {
    const before = await find(page, 'trail').innerText();
    await find(page, 'open').last().click();
    await calm(page);
    if (level === 'enterprise') break;
    const after = await find(page, 'trail').innerText();
    check(after.length > before.length, `no level below ${before}`);
    await shoot(page, `drill-${level}`);
  }
  check(page.url().includes('enterprise='), 'the last click leads to an enterprise');
  check((await page.locator('svg.plot rect').count()) > 10, 'its months are not drawn');
  await shoot(page, 'enterprise');
  await go(page, link, 'thing');
  await shoot(page, 'thing');
}

async function rules(page, link) {
  await find(page, 'by').fill('合成省工信厅运行监测处');
  await find(page, 'by').blur();
  await go(page, link, 'rules');
  await find(page, 'text').fill('rule x\nnonsense');
  await find(page, 'check').click();
  await calm(page);
  check((await find(page, 'complaint').innerText()).includes('行'), 'no fault is told');
  await find(page, 'blank').click();
  await calm(page);
  await find(page, 'draft').click();
  await find(page, 'state').waitFor();
  check(await find(page, 'live').isDisabled(), 'a rule goes live untested');
  await find(page, 'from').fill('2021-11');
  await find(page, 'to').fill('2022-10');
  await find(page, 'episode').fill('9903, C38');
  await find(page, 'episode-from').fill('2022-08');
  await find(page, 'run').click();
  await find(page, 'curve').waitFor();
  check(await find(page, 'live').isDisabled(), 'a rule goes live unseen');
  check(await find(page, 'seen').isDisabled(), 'nobody has looked');
  await shoot(page, 'rules');
  await find(page, 'looked').check();
  await find(page, 'seen').click();
  await page.waitForFunction(() => !document.querySelector('[data-test="live"]')?.disabled);
  await find(page, 'live').click();
  await page.waitForFunction(() =>
    document.querySelector('[data-test="state"]')?.textContent?.includes('启用'));
}

async function warnings(page, link) {
  await go(page, link, 'warnings');
  await find(page, 'judge').click();
  await find(page, 'warnings').waitFor({ timeout: 60_000 });
  await calm(page);
  await find(page, 'warnings').locator('a').first().click();
  await find(page, 'warning').waitFor();
  await find(page, 'remark').fill('电话核实');
  await find(page, 'acknowledge').click();
  await find(page, 'taken').waitFor();
  await calm(page);
  await shoot(page, 'warnings');
  // Nobody is told for a while, and that is said where the warning stands; then it is lifted.
  const name = await find(page, 'silence-region').locator('option').nth(1).getAttribute('value');
  await find(page, 'silence-region').selectOption(name);
  await find(page, 'silence-until').fill(inDays(30));
  await find(page, 'silence-reason').fill('年度检修');
  await find(page, 'silence').click();
  await find(page, 'silences').waitFor();
  await calm(page);
  check((await find(page, 'muted').innerText()).includes('年度检修'), 'no silence is told of');
  await shoot(page, 'silences');
  await find(page, 'lift').click();
  await find(page, 'muted').waitFor({ state: 'detached' });
  // It becomes another's, who has not taken notice yet, and is ours again.
  for (const owner of ['合成丙市工信局', '合成省工信厅运行监测处']) {
    await find(page, 'hand-over-to').fill(owner);
    await find(page, 'hand-over').click();
    await page.waitForFunction((of) =>
      document.querySelector('[data-test="warning"]')?.textContent?.includes(`：${of}；`), owner);
    await calm(page);
  }
  await find(page, 'open-case').click();
  await find(page, 'create-case').waitFor();
  await shoot(page, 'open-case');
  await find(page, 'create-case').click();
  await find(page, 'case').waitFor();
}

async function cases(page, link) {
  const say = async (message, fields = {}) => {
    const move = find(page, 'move');
    const options = await move.locator('option').allInnerTexts();
    const at = options.findIndex((of) => of.startsWith(message));
    check(at >= 0, `no '${message}' among ${options}`);
    await move.selectOption({ index: at });
    for (const [name, text] of Object.entries(fields)) await find(page, name).fill(text);
    // Whoever speaks for another says so: nobody's name is put in unasked.
    if (await find(page, 'speak-for').count()) await find(page, 'speak-for').click();
    const before = await find(page, 'steps').locator('li').count();
    await find(page, 'say').click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('[data-test="steps"] li').length > count, before);
    await calm(page);
  };
  await say('交办', { owner: '合成丙市工信局' });
  await say('受理');
  await say('开始办理');
  await shoot(page, 'case');
  await say('报请办结', { remark: '两家供应商已恢复供货' });
  await say('确认办结', { remark: '已复产' });
  check((await find(page, 'steps').innerText()).includes('企业确认办结'), 'it is not solved');
  await go(page, link, 'cases');
  await shoot(page, 'cases');
}

async function measures(page, link) {
  await go(page, link, 'measures');
  await find(page, 'example').click();
  await find(page, 'open-task').first().waitFor({ timeout: 60_000 });
  await calm(page);
  check((await find(page, 'open-task').count()) === 58, 'there are 58 tasks');
  await shoot(page, 'measures');
  await find(page, 'open-task').first().click();
  await find(page, 'task').waitFor();
  if (await find(page, 'speak-for').count()) await find(page, 'speak-for').click();
  await find(page, 'say').click();
  await page.waitForFunction(() =>
    document.querySelectorAll('[data-test="steps"] li').length > 1);
  await calm(page);
  await shoot(page, 'task');
}

async function collecting(page, link) {
  await go(page, link, 'collection');
  const code = await page.evaluate(async () => {
    const token = sessionStorage.getItem('nameplate-token');
    const headers = { Authorization: `Bearer ${token}` };
    const path = '/api/monitor/v1/sheet?by=enterprise';
    return (await (await fetch(path, { headers })).json()).lines[0].object.code;
  });
  const sheet = `统一社会信用代码,企业名称,工业总产值本期（千元）\n${code},合成企业,约三千\n`;
  const file = { name: '十一月.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) };
  await find(page, 'file').setInputFiles(file);
  await find(page, 'sent-month').fill('2022-11');
  await find(page, 'send').click();
  await find(page, 'proposal').waitFor();
  await shoot(page, 'collection-mapping');
  const mapping = [
    'name = "月报"', '', '[[sheets]]', 'sheet = "*"', 'headings = [1, 1]', 'period = "given"', '',
    '[[sheets.objects]]', 'kind = "credit-code"', 'column = "统一社会信用代码"', '',
    '[[sheets.figures]]', 'column = "工业总产值本期"', 'indicator = "output"', 'form = "level"',
    'frequency = "merged-month"', 'unit = "千元"', '',
  ].join('\n');
  const area = find(page, 'proposal').locator('textarea');
  if (!(await area.inputValue())) await area.fill(mapping);
  await find(page, 'proposal').locator('button').click();
  await find(page, 'verdict').waitFor();
  await shoot(page, 'collection');
  check((await find(page, 'findings').innerText()).includes('三千'), 'the wrong cell is not named');
  const [download] = await Promise.all([
    page.waitForEvent('download'), find(page, 'marked').click(),
  ]);
  const marked = readFileSync(await download.path(), 'utf8');
  check(marked.includes('约三千') && marked.length > sheet.length, 'no error is marked');
  await settings(page, link, code);
}

/** Rules for workbooks are kept, a figure that breaks one is explained and taken in, its batch is
    undone; a task, a target and an enterprise are set. */
async function settings(page, link, code) {
  await go(page, link, 'settings/checks');
  await find(page, 'fresh').click();
  const text = find(page, 'kept-text');
  const example = await text.inputValue();
  check(example.includes('示例'), 'the example is not marked');
  const rules = [
    'name = "审核"', '', '[[rules]]', 'name = "产值上限"', 'severity = "warning"',
    'check = { range = { indicator = "output", max = "1" } }',
  ];
  await text.fill(rules.join('\n'));
  await find(page, 'keep').click();
  await find(page, 'kept-as').waitFor();
  await calm(page);
  await shoot(page, 'settings-checks');
  await go(page, link, 'collection');
  const sheet = `统一社会信用代码,企业名称,工业总产值本期（千元）\n${code},合成企业,3000\n`;
  const file = { name: '更正.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) };
  await find(page, 'file').setInputFiles(file);
  await find(page, 'sent-month').fill('2022-11');
  await find(page, 'dry').uncheck();
  await find(page, 'send').click();
  await find(page, 'verdict').or(find(page, 'proposal')).waitFor();
  if (await find(page, 'proposal').count()) await find(page, 'use-mapping').click();
  await find(page, 'explain').first().waitFor();
  await find(page, 'explain').first().fill('新增生产线');
  await shoot(page, 'collection-explain');
  await find(page, 'explained').click();
  await page.waitForFunction(() =>
    document.querySelector('[data-test="verdict"] b')?.textContent?.includes('入库1个'));
  await calm(page);
  await shoot(page, 'collection-chase');
  page.once('dialog', (dialog) => dialog.accept('试报'));
  await find(page, 'batches').getByRole('button', { name: '撤销' }).first().click();
  await find(page, 'undone').waitFor();
  await go(page, link, 'settings/tasks');
  await find(page, 'fresh').or(find(page, 'kept').locator('button')).first().click();
  await find(page, 'keep').click();
  await find(page, 'kept-as').waitFor();
  await calm(page);
  await shoot(page, 'settings-tasks');
  await go(page, link, 'settings/roll');
  const roll = `code,name,region,industry\n${code},合成企业,990101,C38\n1,错,990101,C38\n`;
  const list = { name: '名录.csv', mimeType: 'text/csv', buffer: Buffer.from(roll) };
  await find(page, 'roll-file').setInputFiles(list);
  await find(page, 'roll-send').click();
  await find(page, 'enrolled').waitFor();
  check((await find(page, 'findings').innerText()).includes('A3'), 'the wrong row is not named');
  await shoot(page, 'settings-roll');
  await go(page, link, 'settings/targets');
  await find(page, 'target-find').fill('合成乙市');
  await find(page, 'target-find').blur();
  await page.waitForFunction(() => document.querySelector('[data-test="target-of"] option'));
  await find(page, 'target-growth').fill('8.5');
  await find(page, 'target-set').click();
  await page.waitForFunction(() =>
    document.querySelector('[data-test="targets"]')?.textContent?.includes('+8.5'));
  await calm(page);
  await shoot(page, 'settings-targets');
}

async function bulletins(page, link) {
  await go(page, link, 'bulletins');
  await find(page, 'to').fill('合成丙市人民政府');
  await find(page, 'name').fill('2022-09');
  await find(page, 'preview').click();
  const paper = page.frameLocator('iframe.paper');
  await paper.locator('h1').waitFor();
  const colour = await paper.locator('.head').evaluate((of) => getComputedStyle(of).color);
  check(colour === 'rgb(204, 0, 0)', `the bulletin does not wear its style: ${colour}`);
  check((await paper.locator('.mark').innerText()).includes('合成数据'), 'it is not marked');
  await shoot(page, 'bulletins');
  for (const format of ['docx', 'xlsx']) {
    const [download] = await Promise.all([page.waitForEvent('download'), find(page, format).click()]);
    const octets = readFileSync(await download.path());
    check(octets.subarray(0, 2).toString() === 'PK', `${format} is no such file`);
  }
  page.once('dialog', (dialog) => dialog.accept());
  await find(page, 'issue').click();
  await find(page, 'issue').waitFor({ state: 'detached' });
  await find(page, 'issued').locator('button').first().waitFor();
  await paper.locator('h1').waitFor();
  await calm(page);
  const received = find(page, 'issued').locator('.good');
  const button = find(page, 'issued').getByRole('button', { name: '签收', exact: true });
  // By the keyboard, which finds it wherever the bulletin above has moved it meanwhile.
  await button.focus();
  await page.keyboard.press('Enter');
  await received.waitFor();
  await calm(page);
}

const SCREENS = [
  'board', 'drill', 'thing', 'warnings', 'cases', 'measures', 'collection', 'rules', 'bulletins',
  'settings/tasks', 'settings/checks', 'settings/roll', 'settings/targets',
];

/** All screens in English, dark, on a narrow screen: nothing is too wide, nothing Chinese is left. */
async function narrow(browser, link) {
  const page = await open(browser, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  await page.goto(link);
  await calm(page);
  await find(page, 'language').click();
  for (const screen of SCREENS) {
    await go(page, link, screen);
    await checkWidth(page, screen);
    const heading = await page.locator('h1').first().innerText();
    check(/[A-Za-z]/.test(heading), `${screen}: '${heading}' is not English`);
    check((await page.locator('[role="alert"]').count()) === 0, `${screen}: a problem is told`);
    await shoot(page, `narrow-${screen.replace('/', '-')}`);
  }
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  check(theme === 'dark', 'it is not dark');
  await page.reload();
  await calm(page);
  check((await find(page, 'language').innerText()) === '中文', 'the language is not remembered');
  await page.context().close();
}

/** Who comes without a link sees what may be published, and cannot act. By the keyboard alone. */
async function reader(browser, link) {
  const page = await open(browser);
  await page.goto(link.split('#')[0]);
  await calm(page);
  check((await find(page, 'rights').innerText()).includes('公开'), 'a stranger has rights');
  await find(page, 'tile').first().focus();
  await page.keyboard.press('Enter');
  await find(page, 'protected').waitFor();
  check((await find(page, 'lines').count()) === 1, 'divisions are not told');
  await go(page, link, 'warnings');
  check((await find(page, 'judge').count()) === 0, 'a stranger may judge');
  await shoot(page, 'reader');
  await page.context().close();
}

async function main() {
  if (folder) mkdirSync(folder, { recursive: true });
  make();
  const { serving, link: said } = serve();
  let browser;
  try {
    const link = await said;
    browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    const page = await open(browser);
    const steps = { reading, rules, warnings, cases, measures, collecting, bulletins };
    for (const [name, step] of Object.entries(steps)) {
      const began = Date.now();
      try {
        await step(page, link);
      } catch (error) {
        await shoot(page, `failed-${name}`);
        throw new Error(`${name}: ${error.message}`, { cause: error });
      }
      console.log(`${name}: ${Date.now() - began} ms`);
    }
    await go(page, link, 'board');
    await shoot(page, 'board-after');
    await reader(browser, link);
    await narrow(browser, link);
    check(problems.length === 0, problems.join('\n'));
    console.log(`${SCREENS.length} screens, in Chinese and English: no errors`);
  } finally {
    await browser?.close();
    serving.removeAllListeners('exit');
    serving.kill('SIGTERM');
    rmSync(place, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  if (problems.length) console.error(problems.join('\n'));
  process.exit(1);
});
