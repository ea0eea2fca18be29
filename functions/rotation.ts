import * as df from "durable-functions";
import {
  giveUpRotation,
  prepareRotations,
  readRotationBatch,
  rotateStage,
} from "../src/respond/rotation-activities.ts";
import {
  ROTATION_BATCH_FLOW,
  ROTATION_FLOW,
  rotationBatchFlow,
  rotationFlow,
} from "../src/respond/rotation-flow.ts";
import * as plan from "../src/respond/rotation-plan.ts";
import * as stage from "../src/respond/rotation-stage.ts";
import { registerActivity } from "./register.ts";

df.app.orchestration(ROTATION_BATCH_FLOW, rotationBatchFlow);
df.app.orchestration(ROTATION_FLOW, rotationFlow);

registerActivity(prepareRotations, plan.prepareRotations);
registerActivity(readRotationBatch, plan.readRotationBatch);
registerActivity(rotateStage, stage.rotateStage);
registerActivity(giveUpRotation, stage.giveUpRotation);
