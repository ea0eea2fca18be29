import { z } from "zod";
import { badParameter, VaultRefusal } from "./errors.ts";
import { TAG_LIMIT } from "./limits.ts";

/** Seconds since 1970 on the wire, milliseconds inside. `null` and absent both mean nothing was said. */
const Moment = z
  .number()
  .int()
  .nullish()
  .transform((seconds) => (seconds === null || seconds === undefined ? undefined : seconds * 1000));

const Attributes = z
  .object({ enabled: z.boolean().nullish(), nbf: Moment, exp: Moment })
  .nullish()
  .transform((given) => ({
    enabled: given?.enabled ?? undefined,
    notBefore: given?.nbf,
    expires: given?.exp,
  }));

const Tags = z
  .record(z.string().max(256), z.string().max(256))
  .nullish()
  .refine((tags) => Object.keys(tags ?? {}).length <= TAG_LIMIT, "too many tags")
  .transform((tags) => tags ?? undefined);

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

export const SetSecret = z.object({
  value: z.string(),
  contentType: Text,
  attributes: Attributes,
  tags: Tags,
});
export const UpdateSecret = z.object({ contentType: Text, attributes: Attributes, tags: Tags });
export const Restore = z.object({ value: z.string() });

const Operations = z
  .array(z.string())
  .nullish()
  .transform((operations) => operations ?? undefined);

export const CreateKey = z.object({
  kty: z.string(),
  crv: Text,
  key_ops: Operations,
  attributes: Attributes,
  tags: Tags,
});
export const ImportKey = z.object({
  key: z.object({ kty: z.string(), crv: Text, x: Text, y: Text, d: Text, key_ops: Operations }),
  attributes: Attributes,
  tags: Tags,
});
export const UpdateKey = z.object({ key_ops: Operations, attributes: Attributes, tags: Tags });
export const Sign = z.object({ alg: z.string(), value: z.string() });
export const Verify = z.object({ alg: z.string(), digest: z.string(), value: z.string() });

/** Reads a JSON body, or refuses it as Key Vault refuses a bad one. */
export function parseBody<T extends z.ZodType>(schema: T, body: Uint8Array): z.output<T> {
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  // guess: the text for a wrong or missing member was not found as served.
  throw new VaultRefusal(badParameter(`Property ${issue?.path.join(".") ?? "body"} has invalid value\r\n`));
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    throw new VaultRefusal(badParameter("The request body could not be parsed as JSON."));
  }
}
