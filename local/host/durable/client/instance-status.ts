import { payloadForDisplay } from "../json-payload.ts";
import type { Instance } from "../store/rows.ts";

/** An instance as the management API shows it. */
export function instanceStatus(
  instance: Instance,
  { showInput, history }: { readonly showInput: boolean; readonly history?: readonly unknown[] },
) {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: showInput ? payloadForDisplay(instance.input) : null,
    customStatus: payloadForDisplay(instance.customStatus),
    output: payloadForDisplay(instance.output),
    createdTime: seconds(instance.createdAt),
    lastUpdatedTime: seconds(instance.updatedAt),
    ...(history === undefined ? {} : { historyEvents: history }),
  };
}

/** The real extension cuts its times to whole seconds. */
function seconds(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
