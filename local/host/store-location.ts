import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where an app's state lives unless told otherwise: in a folder of its own that keeps itself out of git. */
export function defaultStoreFile(appFolder: string, hubName: string): string {
  return join(appFolder, ".tourniquet", "host", `${hubName.toLowerCase()}.db`);
}

/** Makes the folder of a store file. A folder this host makes for itself tells git to leave it alone. */
export function prepareStoreFolder(storeFile: string): void {
  const folder = dirname(resolve(storeFile));
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".gitignore"), "*\n");
}

/** The file beside the store that remembers when timers last ran. */
export function timerFileOf(storeFile: string): string {
  return `${storeFile}.timers.json`;
}
