import type { HostRequest } from "../../http-message.ts";
import type { Engine } from "../engine.ts";
import type { LinkOptions } from "./links.ts";

/** What answering takes, whatever is asked. */
export interface ClientApiOptions {
  readonly engine: Engine;
  readonly defaultVersion: string | null;
  now(): number;
  links(): LinkOptions;
}

/** One request to the client API. */
export interface Call extends ClientApiOptions {
  readonly request: HostRequest;
}
