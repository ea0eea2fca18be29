#!/usr/bin/env node
import { type Command, EXIT } from "./command.ts";
import { verifyCommand } from "./verify.ts";

const COMMANDS: readonly Command[] = [verifyCommand];

const [name, ...args] = process.argv.slice(2);
const command = COMMANDS.find((it) => it.name === name);
if (command === undefined) {
  const asked = name === undefined || name === "help" || name === "--help";
  const known = COMMANDS.map((it) => `  tourniquet ${it.usage}\n      ${it.does}\n`).join("");
  (asked ? process.stdout : process.stderr).write(
    `${asked ? "" : `there is no command ${name}\n\n`}${known}`,
  );
  process.exitCode = asked ? EXIT.ok : EXIT.usage;
} else {
  process.exitCode = await command.run(args);
}
