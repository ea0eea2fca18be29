import { MICROSOFT_GRAPH } from "../../steps/needs.ts";
import { defineProvider } from "../provider.ts";

/** A client secret of an application or a service principal. Entra shows it once, when it is made. */
export const clientSecret = defineProvider({
  kind: "client-secret",
  model: "client-secret",
  about: "a client secret of an application",
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],
  cost: {
    incident:
      "Whatever signs in with the old secret and does not read the vault stops; tokens already issued live on for about an hour.",
    hygiene: "Whatever keeps the old secret elsewhere stops at the end of the overlap.",
  },
  strongerCut: "Replace the client secret by a managed identity or a federated credential",
});
