import type { AlertKind } from "./alert.ts";
import { type LeakFinding, readFindings } from "./leaked-credential.ts";
import type { Reading } from "./reading.ts";

/** Kinds of secrets GitHub knows that sign in to Entra. */
const ENTRA_KINDS = /^(azure_active_directory|azure_ad|aad|microsoft_entra|microsoft_azure_(ad|entra))_/;

/** GitHub's secret scanning alert: as its webhook sends it, as its API gives it, or a page of them. */
export const githubSecretScanning: AlertKind = {
  name: "github-secret-scanning",
  knownBy: "alert.secret_type, or secret_type with html_url",
  recognises: (body) => body.items().some(isAlert),
  read: (body, now) => readFindings(body.items(), "github-secret-scanning", findingOf, now),
};

function isAlert(item: Reading): boolean {
  const alert = alertIn(item);
  return alert.at("secret_type").exists && (item.at("alert").exists || alert.at("html_url").exists);
}

function alertIn(item: Reading): Reading {
  return item.at("alert").exists ? item.at("alert") : item;
}

function findingOf(item: Reading): LeakFinding | string {
  const alert = alertIn(item);
  const kind = alert.at("secret_type").text() ?? "secret of no kind";
  if (!ENTRA_KINDS.test(kind)) return `A ${kind.slice(0, 80)} does not sign in to Entra`;
  if (alert.at("state").text()?.toLowerCase() === "resolved") return "The finding is resolved";
  const url = alert.at("html_url").text() ?? alert.at("url").text();
  if (url === null) return "The finding does not say where it is (html_url)";
  // GitHub gives a client id along where it knows it; what stands in the value is a client id, too.
  const clientId = alert.at("client_id").text() ?? alert.at("metadata", "client_id").text();
  return {
    place: [url],
    near: [clientId === null ? null : `client_id=${clientId}`],
    value: alert.at("secret").text(),
    at: alert.at("created_at").text(),
  };
}
