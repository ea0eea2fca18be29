/** Something the orchestrator asked for that its history does not hold yet. Ids come from one counter, as in the SDK. */
export type Decision =
  | {
      readonly kind: "task";
      readonly id: number;
      readonly name: string;
      readonly input: string;
    }
  | { readonly kind: "timer"; readonly id: number; readonly fireAt: number }
  | {
      readonly kind: "sub-orchestration";
      readonly id: number;
      readonly name: string;
      readonly instanceId: string;
      readonly version: string | null;
      readonly input: string | null;
    };

/** The framework's class names, which its own error messages show. */
export function actionClassName(kind: Decision["kind"]): string {
  switch (kind) {
    case "task":
      return "ScheduleTaskOrchestratorAction";
    case "timer":
      return "CreateTimerOrchestratorAction";
    case "sub-orchestration":
      return "CreateSubOrchestrationAction";
    default:
      return kind satisfies never;
  }
}
