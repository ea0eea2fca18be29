/** The public half of a P-256 key, as RFC 7517 writes it. */
export interface CheckpointKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  /** base64url, 32 bytes each. */
  readonly x: string;
  readonly y: string;
}

/** One version of a key: what it signs verifies with this public half. */
export interface SigningKey {
  /** Names the key and its version, for example its URL in Key Vault. It is signed too. */
  readonly keyId: string;
  readonly publicKey: CheckpointKey;
  /** ES256 (ECDSA P-256, SHA-256) of these bytes: 64 bytes, r then s. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Where checkpoints get their key. In production its private half never leaves Key Vault. */
export interface CheckpointSigner {
  key(): Promise<SigningKey>;
}
