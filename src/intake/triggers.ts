import { ALERTS } from "./alerts.ts";
import { RESPONDER } from "./responder-request.ts";

/** Everything that can open a case, as policy rules name it. */
export const TRIGGERS: readonly string[] = [...ALERTS.map(({ name }) => name), RESPONDER].toSorted();
