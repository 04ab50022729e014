// Writes a residual net in a real VS Code, by keyboard, as somebody does who has not read the manual; takes pictures.
//
//   node trial.js URL FOLDER OUT      needs puppeteer-core, and a Chromium (CHROMIUM=/usr/bin/chromium)
//
// URL is that of a code-server (or `code serve-web`) with the extension, FOLDER a folder that it can open, OUT where
// pictures go. Ends with 1 if the file that is saved at last isn't the one that is expected.

const fs = require("node:fs");
const path = require("node:path");
const puppeteer = require("puppeteer-core");

const [url, folder, out] = process.argv.slice(2);
const FILE = path.join(folder, "digits.net");
const EXPECTED = fs.readFileSync(path.join(__dirname, "expected.net"), "utf8");
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function main() {
  fs.writeFileSync(FILE, "");
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
    defaultViewport: { width: 980, height: 560 },
  });
  const page = await browser.newPage();
  const opened = [["openFile", `vscode-remote://${new URL(url).host}${FILE}`]];
  await page.goto(`${url}/?folder=${folder}&payload=${encodeURIComponent(JSON.stringify(opened))}`);
  await page.waitForSelector(".monaco-editor .view-lines", { timeout: 60_000 });
  await sleep(9_000);
  await page.click(".monaco-editor .view-lines");
  await keys(page, "Control+b");

  await type(page, "net", 1500);
  await picture(page, "begin");
  await keys(page, "Enter", 1200);
  await type(page, "Digits", 300);
  for (let place = 0; place < 4; place++) await keys(page, "Tab", 400);

  await type(page, "conv", 1500);
  await picture(page, "layers");
  await keys(page, "Enter", 1000);
  await type(page, "16", 300);
  await keys(page, "Tab", 400);
  await type(page, "3x3, p", 1200);
  await picture(page, "arguments");
  await keys(page, "Enter", 1200);
  await type(page, "s", 900);
  await keys(page, "Enter", 400);
  await keys(page, "End", 300);
  await type(page, " -> batchn", 900);
  await keys(page, "Enter", 400);
  await type(page, " -> relu", 900);
  await keys(page, "Escape", 300);
  await keys(page, "Enter", 400);

  await type(page, "residual", 1500);
  await keys(page, "Enter", 1000);
  await type(page, "32", 2500);
  const wrong = await page.waitForSelector(".squiggly-error", { timeout: 10_000 });
  const box = await wrong.boundingBox();
  await page.mouse.move(box.x + 12, box.y + box.height / 2);
  await sleep(2_500);
  await picture(page, "finding");
  await page.mouse.move(900, 500);
  await keys(page, "Backspace");
  await keys(page, "Backspace");
  await type(page, "16", 600);
  await keys(page, "Tab", 400);
  await keys(page, "Enter", 400);

  await type(page, "classifier", 1500);
  await keys(page, "Enter", 800);
  await keys(page, "Tab", 400);
  await type(page, "classes", 900);
  await keys(page, "Escape", 300);
  await keys(page, "Control+End", 300);
  await keys(page, "Enter", 400);
  await type(page, "train", 1500);
  await keys(page, "Enter", 1000);
  await keys(page, "Escape", 300);
  await keys(page, "Control+s", 4_000);
  await keys(page, "Control+Home");
  for (let line = 0; line < 3; line++) await keys(page, "ArrowDown");
  await keys(page, "Home");
  await page.waitForSelector(".squiggly-warning", { timeout: 20_000 });
  await keys(page, "Control+.", 2_500);
  await picture(page, "repair");
  await keys(page, "Enter", 1_500);
  await keys(page, "Control+s", 1_500);
  await keys(page, "Control+Home", 2_500);
  await picture(page, "whole");

  const word = await page.evaluateHandle(() =>
    [...document.querySelectorAll(".view-line span")].find((each) => each.childElementCount === 0 && each.textContent === "add"),
  );
  const place = await word.asElement().boundingBox();
  await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
  await sleep(2_500);
  await picture(page, "hover");
  await browser.close();

  const saved = fs.readFileSync(FILE, "utf8");
  if (saved === EXPECTED) return console.log("as expected");
  console.log(saved);
  process.exitCode = 1;

  async function picture(page, name) {
    await page.screenshot({ path: path.join(out, `${name}.png`) });
  }
}

async function type(page, text, wait) {
  await page.keyboard.type(text, { delay: 60 });
  await sleep(wait);
}

async function keys(page, chord, wait = 100) {
  const names = chord.split("+");
  for (const name of names) await page.keyboard.down(name);
  for (const name of names.reverse()) await page.keyboard.up(name);
  await sleep(wait);
}

main();
