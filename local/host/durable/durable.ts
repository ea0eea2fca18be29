import type { Durable, DurableOptions } from "./contract.ts";

export { defaultDurableSettings } from "./contract.ts";
export type { Durable, DurableFunctionRunner, DurableOptions, DurableSettings, Ran } from "./contract.ts";

/** Opens the store and takes up every instance where it was left. Refuses a store that is in use, foreign or damaged. */
export function openDurable(options: DurableOptions): Promise<Durable> {
  return Promise.reject(new Error(`no engine for ${options.hubName} yet`));
}
