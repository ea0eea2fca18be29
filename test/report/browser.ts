import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Why the browser tests cannot run here; null where they can. */
export const NO_BROWSER = existsSync(CHROMIUM) ? null : `there is no ${CHROMIUM}: apt-get install chromium`;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Seen {
  readonly errors: readonly string[];
  readonly requests: readonly string[];
  readonly overflowInPx: number;
  readonly headings: readonly number[];
  readonly violations: readonly string[];
  readonly pwned: boolean;
  /** Pages on paper. */
  readonly pdfBytes: number;
}

/** What a person with a browser of this width, and an accessibility checker, see of a page. */
export async function seePage(
  browser: Browser,
  page: string,
  widthInPx: number,
  checker: string | null,
): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: widthInPx, height: 844 }, bypassCSP: true });
  try {
    const tab = await context.newPage();
    const errors: string[] = [];
    const requests: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    tab.on("request", (request) => requests.push(request.url()));
    await tab.setContent(page, { waitUntil: "load" });
    const overflowInPx = await tab.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    const headings = await tab.evaluate<number[]>(
      "[...document.querySelectorAll('h1,h2,h3,h4')].map((it) => Number(it.tagName[1]))",
    );
    const pdf = checker === null ? null : await tab.pdf({ format: "A4" });
    const violations =
      checker === null
        ? []
        : await tab.evaluate<string[]>(`${checker}; axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map((it) => it.html.slice(0, 160)).join(" | ")))`);
    const pwned = await tab.evaluate<boolean>("'pwned' in window");
    return { errors, requests, overflowInPx, headings, violations, pwned, pdfBytes: pdf?.length ?? 0 };
  } finally {
    await context.close();
  }
}
