import { answerClient } from "./client/client-api.ts";
import { clientBinding, type LinkOptions } from "./client/links.ts";
import type { Durable, DurableOptions } from "./contract.ts";
import { Engine } from "./engine.ts";

export { defaultDurableSettings } from "./contract.ts";
export type { Durable, DurableFunctionRunner, DurableOptions, DurableSettings, Ran } from "./contract.ts";

/** Opens the store and takes up every instance where it was left. Refuses a store that is in use, foreign or damaged. */
export async function openDurable(options: DurableOptions): Promise<Durable> {
  const engine = new Engine(options);
  const links = (): LinkOptions => ({
    baseUrl: options.baseUrl(),
    hubName: options.hubName,
    key: engine.store.key,
  });
  return {
    clientBinding: () => clientBinding(links()),
    handle: (request) =>
      answerClient(
        {
          engine,
          links,
          now: () => options.clock.now(),
          defaultVersion: options.settings.defaultVersion ?? null,
        },
        request,
      ),
    close: () => engine.close(),
  };
}
