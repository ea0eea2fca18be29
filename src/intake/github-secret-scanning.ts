import { type AlertKind, refuse } from "./alert.ts";
import { intakesOf } from "./leaked-credential.ts";

/** Kinds of secrets GitHub knows that sign in to Entra. */
const ENTRA_KINDS = /^(azure_active_directory|microsoft_entra|azure_ad|aad_)/;

/** GitHub's secret scanning alert, as its webhook sends it or its API gives it. */
export const githubSecretScanning: AlertKind = {
  name: "github-secret-scanning",
  knownBy: "alert.secret_type with a repository",
  recognises: (body) =>
    body.at("alert", "secret_type").exists || (body.at("secret_type").exists && body.at("html_url").exists),

  read(body, now) {
    const alert = body.at("alert").exists ? body.at("alert") : body;
    const kind = alert.at("secret_type").text() ?? "";
    if (!ENTRA_KINDS.test(kind)) {
      return refuse(
        "NO_SUBJECT",
        `A ${kind === "" ? "secret of no kind" : kind.slice(0, 80)} does not sign in to Entra.`,
      );
    }
    if (alert.at("state").text() === "resolved") return refuse("RESOLVED_ALERT", "The finding is resolved.");
    const url = alert.at("html_url").text() ?? alert.at("url").text();
    if (url === null) return refuse("MALFORMED", "The finding does not say where it is (html_url).");
    const intakes = intakesOf(
      [
        {
          scanner: "github-secret-scanning",
          foundIn: url,
          // A client id often stands beside the secret, and GitHub gives it along where it knows it.
          context: [alert.at("client_id").text() ?? "", alert.at("metadata", "client_id").text() ?? ""],
          value: alert.at("secret").text(),
          at: alert.at("created_at").text(),
        },
      ],
      now,
    );
    const [first, ...rest] = intakes;
    return first === undefined
      ? refuse("NO_SUBJECT", "The finding names nobody.")
      : { kind: "cases", intakes: [first, ...rest] };
  },
};
