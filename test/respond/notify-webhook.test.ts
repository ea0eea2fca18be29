import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { DurableClient } from "durable-functions";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openAuthority } from "../../local/tenant/network/authority.ts";
import { Secret } from "../../src/azure/secret.ts";
import { sendWebhook } from "../../src/respond/notify-webhook.ts";
import { startWord } from "../../src/respond/start-word.ts";
import { parseSettings, SettingsError, type WebhookSetting } from "../../src/settings.ts";

const SIGNING_SECRET = "a signing secret of some length";
const folder = mkdtempSync(join(tmpdir(), "tourniquet-webhook-"));
const trusted = getCACertificates("default");

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly path: string;
}

let server: Server;
let received: Received[] = [];
let answer: (response: ServerResponse) => void = (response) => response.writeHead(202).end();
beforeAll(async () => {
  const authority = openAuthority(folder);
  setDefaultCACertificates([...trusted, authority.pem]);
  server = createServer(
    { SNICallback: (host, done) => done(null, authority.contextFor(host)) },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        received.push({ headers: request.headers, body, path: request.url ?? "" });
        answer(response);
      });
    },
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterEach(() => {
  received = [];
  answer = (response) => response.writeHead(202).end();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  setDefaultCACertificates(trusted);
  rmSync(folder, { recursive: true });
});

function webhook(more: { readonly url?: string; readonly secret?: string } = {}): WebhookSetting {
  const port = portOf(server);
  return {
    url: new Secret(more.url ?? `https://localhost:${port}/hook/key-of-the-channel`),
    signingSecret: new Secret(more.secret ?? SIGNING_SECRET),
    format: "adaptive",
  };
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === "string") throw new TypeError("the server does not listen");
  return address.port;
}

const delivery = { id: "delivery-1", body: '{"type":"message"}', at: new Date("2026-11-20T12:00:00.000Z") };

test("a message arrives signed over its time and body, and says which delivery it is", async () => {
  expect(await sendWebhook(webhook(), delivery)).toEqual({ kind: "sent", status: 202 });
  const [first] = received;
  if (first === undefined) throw new TypeError("nothing arrived");
  const { headers, body } = first;
  const timestamp = String(headers["x-tourniquet-timestamp"]);
  expect(timestamp).toBe("1795176000");
  const expected = createHmac("sha256", SIGNING_SECRET).update(`v1:${timestamp}:${body}`).digest("hex");
  expect(headers["x-tourniquet-signature"]).toBe(`v1=${expected}`);
  expect(headers["x-tourniquet-delivery"]).toBe("delivery-1");
  expect(body).toBe(delivery.body);
});

test.each([
  [500, true],
  [503, true],
  [429, true],
  [400, false],
  [404, false],
])("an answer of %i is no error here, and worth another try: %s", async (status, retryable) => {
  answer = (response) => response.writeHead(status, status === 429 ? { "retry-after": "7" } : {}).end("no");
  const sent = await sendWebhook(webhook(), delivery);
  expect(sent).toMatchObject({ kind: "failed", code: `HTTP_${status}`, retryable });
  if (status === 429) expect(sent).toMatchObject({ retryAfterInMs: 7_000 });
  expect(received).toHaveLength(1);
});

test("a redirect is not followed, wherever it points", async () => {
  answer = (response) => response.writeHead(302, { location: "/elsewhere" }).end();
  expect(await sendWebhook(webhook(), delivery)).toMatchObject({ kind: "failed", code: "HTTP_302" });
  expect(received.map(({ path }) => path)).toEqual(["/hook/key-of-the-channel"]);
});

test("a receiver that hangs is given up on, and nothing of the address is in what is said of it", async () => {
  answer = () => undefined;
  const sent = await sendWebhook(webhook(), delivery, 200);
  expect(sent).toMatchObject({ kind: "failed", code: "TIMED_OUT", retryable: true });
  expect(JSON.stringify(sent)).not.toContain("key-of-the-channel");
});

test("nothing is sent but over HTTPS, or where the vault could not be read", async () => {
  const port = portOf(server);
  expect(await sendWebhook(webhook({ url: `http://localhost:${port}/` }), delivery)).toMatchObject({
    kind: "failed",
    code: "NOT_HTTPS",
    retryable: false,
  });
  const secret = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/hook)";
  expect(await sendWebhook(webhook({ secret }), delivery)).toMatchObject({
    kind: "failed",
    code: "SECRET_NOT_RESOLVED",
  });
  expect(received).toEqual([]);
});

test("settings refuse an address without HTTPS and a short secret, and never print either", () => {
  const id = "00000000-0000-4000-8000-000000000000";
  const base = {
    TOURNIQUET_TENANT_ID: id,
    TOURNIQUET_API_CLIENT_ID: id,
    TOURNIQUET_READER_CLIENT_ID: id,
    TOURNIQUET_ACTOR_CLIENT_ID: id,
    TOURNIQUET_STORAGE: "account",
    TOURNIQUET_RECORD_KEY: "https://kv.vault.azure.net/keys/record",
  };
  const wrong = {
    ...base,
    TOURNIQUET_NOTIFY_URL: "http://hook.example/k3y",
    TOURNIQUET_NOTIFY_SECRET: "short1",
  };
  expect(() => parseSettings(wrong)).toThrow(SettingsError);
  try {
    parseSettings(wrong);
  } catch (error) {
    expect(String(error)).not.toMatch(/k3y|short1/);
  }
  expect(parseSettings(base).webhook).toBeNull();
  const right = {
    ...wrong,
    TOURNIQUET_NOTIFY_URL: "https://hook.example/k3y",
    TOURNIQUET_NOTIFY_SECRET: SIGNING_SECRET,
  };
  expect(JSON.stringify(parseSettings(right).webhook)).not.toContain("k3y");
});

test("an orchestration service that never answers delays a containment by no more than the bound", async () => {
  const never = new Promise<never>(() => undefined);
  const client: Pick<DurableClient, "startNew" | "getStatus"> = {
    startNew: () => never,
    getStatus: () => never,
  };
  const telling = { caseId: "case-1", occasion: "opened", about: "" } as const;
  expect(await startWord(client, telling, 50)).toBe(false);
});
