import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { bits, explicit, implicit, integer, octets, oid, sequence, set, time, utf8, yes } from "./der.ts";

export interface CertificateRequest {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly issuer: {
    readonly commonName: string;
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
  };
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Absent for the authority itself. */
  readonly dnsNames?: readonly string[];
}

/** An X.509 v3 certificate, signed with ECDSA (P-256) or RSA by its issuer's key; PEM. */
export function issueCertificate(request: CertificateRequest): string {
  const signature = sequence(
    ...(request.issuer.privateKey.asymmetricKeyType === "rsa"
      ? [oid("1.2.840.113549.1.1.11"), Buffer.from([0x05, 0x00])]
      : [oid("1.2.840.10045.4.3.2")]),
  );
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    signature,
    nameOf(request.issuer.commonName),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.commonName),
    request.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions(request))),
  );
  const certificate = sequence(
    toBeSigned,
    signature,
    bits(sign("sha256", toBeSigned, request.issuer.privateKey)),
  );
  const lines = certificate.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280: positive, and at most 20 octets. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))));
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

function extensions({ dnsNames, publicKey, issuer }: CertificateRequest): Buffer[] {
  const isAuthority = dnsNames === undefined;
  return [
    extension("2.5.29.19", true, isAuthority ? sequence(yes) : sequence()),
    // keyCertSign and cRLSign for an authority, digitalSignature for a server.
    extension("2.5.29.15", true, isAuthority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7)),
    extension("2.5.29.14", false, octets(keyIdentifier(publicKey))),
    // Python 3.13 and OpenSSL's strict mode refuse a chain that lacks it.
    extension("2.5.29.35", false, sequence(implicit(0, keyIdentifier(issuer.publicKey)))),
    ...(dnsNames === undefined
      ? []
      : [
          extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
          extension("2.5.29.17", false, sequence(...dnsNames.map((name) => implicit(2, Buffer.from(name))))),
        ]),
  ];
}
