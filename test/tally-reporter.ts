import type { Reporter, TestModule } from "vitest/node";

/** Prints the one line that build services read: `N passed, N failed, N skipped`. A file that fails to load counts as a failure. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed += 1;
      // A hook that fails belongs to no test.
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) tally.failed += 1;
      for (const test of module.children.allTests()) tally[test.result().state] += 1;
    }
    const skipped = tally.skipped + tally.pending;
    // The default reporter prints its summary in the same hook; ours has to be the last line.
    process.once("exit", () =>
      console.log(
        `${tally.passed} passed, ${tally.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
      ),
    );
  }
}
