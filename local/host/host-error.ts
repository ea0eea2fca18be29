export type HostErrorCode =
  /** The app folder, its package.json or the files its `main` names cannot be used. */
  | "APP_INVALID"
  | "HOST_JSON_INVALID"
  | "LOCAL_SETTINGS_INVALID"
  /** Two functions have names that differ in nothing but case. */
  | "DUPLICATE_FUNCTION"
  /** An entry file failed and the app asked that this stops the start. */
  | "ENTRY_POINT_FAILED"
  /** This process already runs, or ran, another app. */
  | "PROCESS_TAKEN"
  /** The file that keeps the timers' last runs is not one of ours. */
  | "TIMER_STATE_DAMAGED"
  | "ADDRESS_IN_USE"
  | "ARGUMENTS_INVALID";

/** Thrown when the host cannot start. What goes wrong later is answered and logged, never thrown out of the host. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
