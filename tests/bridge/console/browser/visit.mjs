// Signs in to the console and opens pages, wide and narrow, light and dark. Prints what it saw of each as JSON.
// Arguments: Chromium, the bridge's URL, login, password, a folder for pictures or "", the pages' paths below /console.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, url, login, password, pictures, ...paths] = process.argv.slice(2);
const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const SIZES = [{ width: 1280, height: 860 }, { width: 390, height: 844 }];
const SEVERE = ["serious", "critical"];

async function signIn(page) {
  await page.goto(`${url}/console/sign-in`);
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", password);
  await page.keyboard.press("Enter");
  await page.waitForURL((now) => !now.pathname.endsWith("/sign-in"));
}

async function look(page, path) {
  await page.goto(`${url}/console${path}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  return {
    title: await page.title(),
    heading: await page.textContent("h1"),
    text: await page.textContent("main"),
    severe: violations.filter((found) => SEVERE.includes(found.impact)).map((found) => `${found.id}: ${found.nodes[0].html}`),
    sideways: await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth),
    injected: await page.locator("main img, main script").count(),
  };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = [];
for (const viewport of SIZES) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    const errors = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("dialog", (dialog) => (errors.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
    await signIn(page);
    for (const path of paths) {
      const found = await look(page, path);
      seen.push({ path, width: viewport.width, colorScheme, ...found, errors: errors.splice(0) });
      const name = `${path.replace(/\W+/g, "-").replace(/^-|-$/g, "")}-${viewport.width}-${colorScheme}.png`;
      if (pictures) await page.screenshot({ path: `${pictures}/${name}` });
    }
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify(seen));
