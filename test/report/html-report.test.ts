import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { caseReport, type ReportSources } from "../../src/report/case-report.ts";
import { htmlReport } from "../../src/report/html-report.ts";
import { planFor } from "../plan/planned-from.ts";
import { scopeOf } from "../scope/scoped.ts";
import { readTenant } from "../scope/tenant-reader.ts";
import { NO_BROWSER, openBrowser, seePage } from "./browser.ts";
import { largeCase, stepCount } from "./large-case.ts";
import { toldCase } from "./told-case.ts";

const SCENARIOS = [
  "war-story",
  "imds-managed-identity",
  "leaked-service-principal",
  "aks-workload-identity",
  "cicd-service-connection",
  "storage-publish-profile",
] as const;

const CHECKER = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The case of a scenario, from its real scope, all of it cut. */
async function caseOf(scenario: (typeof SCENARIOS)[number]): Promise<ReportSources> {
  await using read = await readTenant({ scenario });
  const { truth } = read.tenant.scenario;
  if (truth === undefined) throw new Error("the scenario says nothing of what is so");
  const scope = await scopeOf(read, { objectIds: [truth.suspect.objectId], hours: 72 });
  return toldCase(scope, planFor(scope));
}

describe.skipIf(NO_BROWSER !== null)(
  `in a browser${NO_BROWSER === null ? "" : ` (skipped: ${NO_BROWSER})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser.close());

    test.each([
      ...SCENARIOS.map((name) => [name, () => caseOf(name)] as const),
      ["300 steps, 500 things, hostile names", () => largeCase(500, 294)] as const,
    ])("%s: legible on phone and laptop, accessible, silent on the network", async (name, made) => {
      const told = await made();
      if (name.startsWith("300")) expect(stepCount(told)).toBeGreaterThanOrEqual(300);
      const page = htmlReport(caseReport(told));
      for (const width of [390, 1280]) {
        const seen = await seePage(browser, page, width, width === 1280 ? CHECKER : null);
        expect(seen.errors, "script errors").toEqual([]);
        expect(seen.requests, "requests").toEqual([]);
        expect(seen.pwned, "a hostile name ran").toBe(false);
        expect(seen.overflowInPx, `overflow at ${width} px`).toBe(0);
        expect(seen.headings[0]).toBe(1);
        const jumps = seen.headings.filter((level, at) => level > (seen.headings[at - 1] ?? 0) + 1);
        expect(jumps, "headings that skip a level").toEqual([]);
        expect(seen.violations, "accessibility").toEqual([]);
        if (width === 1280) expect(seen.pdfBytes).toBeGreaterThan(1_000);
      }
    });
  },
);
