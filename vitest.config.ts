import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are all a small machine has; more forks than that only make every one of them slower.
    maxWorkers: 2,
  },
});
