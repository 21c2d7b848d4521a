// Signs in to the console by keyboard alone, opens a user's page, and presses the button of an act. Prints what came of it as JSON.
// Arguments: Chromium, the bridge's URL, login, password, the page's path below /console, the button's text.
import { chromium } from "playwright-core";

const [executablePath, url, login, password, path, button] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
const errors = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("dialog", (dialog) => dialog.accept());

async function tabTo(wanted) {
  for (let step = 0; step < 200; step += 1) {
    const [name, text] = await page.evaluate(() => [document.activeElement.name, document.activeElement.innerText.trim()]);
    if (name === wanted || text === wanted) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the key Tab does not lead to ${wanted}`);
}

await page.goto(`${url}/console${path}`); // leads to the sign-in, and back
await tabTo("login");
await page.keyboard.type(login);
await tabTo("password");
await page.keyboard.type(password);
await page.keyboard.press("Enter");
await page.waitForURL((now) => !now.pathname.endsWith("/sign-in"));
await page.goto(`${url}/console${path}`);
await tabTo(`${button}…`); // says what it does, and asks
await page.keyboard.press("Enter");
await tabTo(button);
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
const told = await page.textContent("main");
await browser.close();
console.log(JSON.stringify({ told, errors }));
