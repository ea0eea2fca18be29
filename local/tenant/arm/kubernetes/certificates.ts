import { createHash, type KeyObject, sign } from "node:crypto";
import { bits, explicit, integer, octets, oid, sequence, set, time, utf8, yes } from "../../network/der.ts";

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/** Distinguished name: `O=system:masters, CN=masterclient` is what a cluster's admins are all called. */
interface Subject {
  readonly organisation?: string;
  readonly commonName: string;
}

export interface ClusterCertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly subject: Subject; readonly privateKey: KeyObject };
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: "authority" | "client";
}

/** A certificate of a cluster's own PKI, PEM. The same request gives the same serial number, though not the same signature. */
export function issueClusterCertificate(request: ClusterCertificateRequest): string {
  const { subject, publicKey, issuer, notBefore, notAfter, use } = request;
  const spki = publicKey.export({ type: "spki", format: "der" });
  const serial = createHash("sha256").update(spki).update(subject.commonName).digest().subarray(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const extension = (id: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(id), ...(critical ? [yes] : []), octets(value));
  const extensions =
    use === "authority"
      ? [
          extension("2.5.29.19", true, sequence(yes)),
          extension("2.5.29.15", true, bits(Buffer.from([0x06]), 1)),
        ]
      : [
          extension("2.5.29.15", true, bits(Buffer.from([0xa0]), 5)),
          // clientAuth
          extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.2"))),
        ];
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer.subject),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    spki,
    explicit(3, sequence(...extensions)),
  );
  const signature = bits(sign("sha256", toBeSigned, issuer.privateKey));
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, signature);
  const lines = der.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function nameOf({ organisation, commonName }: Subject): Buffer {
  const parts = [
    ...(organisation === undefined ? [] : [set(sequence(oid("2.5.4.10"), utf8(organisation)))]),
    set(sequence(oid("2.5.4.3"), utf8(commonName))),
  ];
  return sequence(...parts);
}
