import { app } from "@azure/functions";
import * as df from "durable-functions";
import { takeKeyVaultEvent } from "../src/api/key-vault-event.ts";
import {
  giveUpRotation,
  prepareRotations,
  readRotationBatch,
  rotateStage,
} from "../src/respond/rotation-activities.ts";
import { ROTATIONS_FLOW } from "../src/respond/proof-flow.ts";
import {
  ROTATION_BATCH_FLOW,
  ROTATION_FLOW,
  rotationBatchFlow,
  rotationFlow,
  rotationsFlow,
} from "../src/respond/rotation-flow.ts";
import * as plan from "../src/respond/rotation-plan.ts";
import * as stage from "../src/respond/rotation-stage.ts";
import { tourniquet } from "../src/tourniquet.ts";
import { registerActivity } from "./register.ts";

df.app.orchestration(ROTATIONS_FLOW, rotationsFlow);
df.app.orchestration(ROTATION_BATCH_FLOW, rotationBatchFlow);
df.app.orchestration(ROTATION_FLOW, rotationFlow);

registerActivity(prepareRotations, plan.prepareRotations);
registerActivity(readRotationBatch, plan.readRotationBatch);
registerActivity(rotateStage, stage.rotateStage);
registerActivity(giveUpRotation, stage.giveUpRotation);

/** Subscribed to Key Vault's events about secrets; the host answers both handshakes. */
app.eventGrid("key-vault-events", {
  extraInputs: [df.input.durableClient()],
  handler: async (event, context) => {
    const outcome = await takeKeyVaultEvent(await tourniquet(), df.getClient(context), event);
    context.log(
      outcome.kind === "opened" ? `opened ${outcome.caseIds.join(", ")}` : `skipped: ${outcome.because}`,
    );
  },
});
