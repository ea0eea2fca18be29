import { azureAs } from "../../../src/azure/azure.ts";
import type { TimeWindow } from "../../../src/case/case.ts";
import type { Subject } from "../../../src/case/subject.ts";
import { resolveSubjects } from "../../../src/scope/resolve/resolve.ts";
import { takeScope } from "../../../src/scope/take-scope.ts";

/** What the bench hands over; the environment points at the stand-in, which runs in the bench's own process. */
export interface TakeWish {
  readonly readerClientId: string;
  readonly subject: Subject;
  readonly window: TimeWindow;
  readonly workspaceIds: readonly string[];
}

/** Takes one scope and prints the most memory that this process ever held, in MiB: the product's share alone. */
const { readerClientId, subject, window, workspaceIds }: TakeWish = JSON.parse(process.argv[2] ?? "");
const azure = azureAs(readerClientId);
const resolution = await resolveSubjects(azure, [subject], { protectedIds: new Set(), window, workspaceIds });
const { scope } = await takeScope(azure, { caseId: "bench", resolution, window, workspaceIds });
console.log(
  JSON.stringify({ maxRssInMiB: process.resourceUsage().maxRSS / 1024, reach: scope.reach.length }),
);
