import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAuthority } from "../../../local/tenant/network/authority.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tourniquet-ca-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The certificate a client is shown for a name, having checked it against the authority. */
async function shownFor(host: string, authority: ReturnType<typeof openAuthority>): Promise<X509Certificate> {
  const server = createServer(
    { SNICallback: (name, done) => done(null, authority.contextFor(name)) },
    (socket) => socket.end(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect({ host: "127.0.0.1", port, servername: host, ca: authority.pem });
  try {
    await once(socket, "secureConnect");
    return new X509Certificate(socket.getPeerCertificate().raw);
  } finally {
    socket.destroy();
    server.close();
  }
}

test("a client that trusts the authority accepts what it issues, for that name and no other", async () => {
  const authority = openAuthority(folder);

  const certificate = await shownFor("kv-shop.vault.azure.net", authority);

  expect(certificate.checkHost("kv-shop.vault.azure.net")).toBeDefined();
  expect(certificate.checkHost("kv-other.vault.azure.net")).toBeUndefined();
  expect(certificate.verify(new X509Certificate(authority.pem).publicKey)).toBe(true);
});

test("names longer than a common name may be are still served", async () => {
  const host = `${"a".repeat(60)}.${"b".repeat(60)}.blob.core.windows.net`;

  const certificate = await shownFor(host, openAuthority(folder));

  expect(certificate.checkHost(host)).toBe(host);
});

test("the authority is made once and found again, its key readable by its owner only", () => {
  const first = openAuthority(folder);
  const again = openAuthority(folder);

  expect(again.pem).toBe(first.pem);
  expect(statSync(join(folder, "ca.key")).mode & 0o077).toBe(0);
  const certificate = new X509Certificate(first.pem);
  expect(certificate.ca).toBe(true);
  expect(certificate.checkIssued(certificate)).toBe(true);
});
