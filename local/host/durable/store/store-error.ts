export type StoreErrorCode =
  | "STORE_IN_USE" // another host runs on this file
  | "STORE_FOREIGN" // the file is something else's
  | "STORE_VERSION" // written by a host with another layout
  | "STORE_OTHER_HUB" // written under another hub name
  | "STORE_DAMAGED" // it is ours, and parts of it cannot be read
  | "STORE_UNREADABLE"; // the file cannot be opened at all

/** Thrown when the store cannot be trusted with the instances in it. The file is left as it was found. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StoreError";
    this.code = code;
  }
}
