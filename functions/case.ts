import * as df from "durable-functions";
import {
  askDecision,
  beginCase,
  concludeCase,
  confirmRestored,
  confirmSteps,
  failCase,
  lookForRequests,
  makePlan,
  performSteps,
  prepareRestore,
  readDecision,
  restoreSteps,
  reviewGaps,
  takeSnapshot,
  watchOnce,
} from "../src/respond/activities.ts";
import * as begin from "../src/respond/begin-case.ts";
import { caseFlow } from "../src/respond/case-flow.ts";
import * as conclude from "../src/respond/conclude-case.ts";
import * as confirm from "../src/respond/confirm-steps.ts";
import * as decision from "../src/respond/decision.ts";
import * as plan from "../src/respond/make-plan.ts";
import { failCase as fail } from "../src/respond/fail-case.ts";
import * as perform from "../src/respond/perform-steps.ts";
import { prepareRestore as prepare } from "../src/respond/restore-plan.ts";
import { PROOF_FLOW, proofFlow } from "../src/respond/proof-flow.ts";
import * as restore from "../src/respond/restore-steps.ts";
import * as review from "../src/respond/review-gaps.ts";
import * as snapshot from "../src/respond/take-snapshot.ts";
import * as watch from "../src/respond/watch.ts";
import { CASE_FLOW } from "../src/api/orchestrations.ts";
import * as tellings from "../src/respond/tellings.ts";
import { registerActivity, registerTellingActivity } from "./register.ts";

df.app.orchestration(CASE_FLOW, caseFlow);
df.app.orchestration(PROOF_FLOW, proofFlow);

registerTellingActivity(beginCase, begin.beginCase, tellings.afterBeginning);
registerActivity(takeSnapshot, snapshot.takeSnapshot);
registerActivity(makePlan, plan.makePlan);
registerActivity(performSteps, perform.performSteps);
registerActivity(confirmSteps, confirm.confirmSteps);
registerTellingActivity(askDecision, decision.askDecision, tellings.afterAsking);
registerActivity(readDecision, decision.readDecision);
registerTellingActivity(concludeCase, conclude.concludeCase, tellings.afterConcluding);
registerActivity(lookForRequests, watch.lookForRequests);
registerTellingActivity(watchOnce, watch.watchOnce, tellings.afterLooking);
registerActivity(reviewGaps, review.reviewGaps);
registerActivity(restoreSteps, restore.restoreSteps);
registerActivity(prepareRestore, prepare);
registerActivity(confirmRestored, restore.confirmRestored);
registerTellingActivity(failCase, fail, tellings.afterFailing);
