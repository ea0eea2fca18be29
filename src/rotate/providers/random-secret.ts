import { defineProvider } from "../provider.ts";

/** A value that was made up and is known only to who reads the vault: signing keys, webhook tokens, salts. */
export const randomSecret = defineProvider({
  kind: "random-secret",
  model: "random",
  about: "a made-up value",
  needs: [],
  cost: {
    incident: "What was signed or encrypted with the old value is refused at once.",
    hygiene: "What was signed or encrypted with the old value is refused after the overlap.",
  },
  strongerCut: null,
});
