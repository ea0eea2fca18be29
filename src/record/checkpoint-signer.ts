/** The public half of a P-256 key, as RFC 7517 writes it. */
export interface CheckpointKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  /** base64url, 32 bytes each. */
  readonly x: string;
  readonly y: string;
}

/** Signs checkpoints. In production the private half never leaves Key Vault. */
export interface CheckpointSigner {
  /** Names the key and its version, for example the Key Vault key's URL. It is signed too. */
  readonly keyId: string;
  publicKey(): Promise<CheckpointKey>;
  /** ES256 (ECDSA P-256, SHA-256) of these bytes: 64 bytes, r then s. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
