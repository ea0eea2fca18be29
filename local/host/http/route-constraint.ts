/** Whether a decoded route value satisfies a constraint. */
export type Constraint = (value: string) => boolean;

/** Names as in ASP.NET Core; undefined for one it would not resolve either, or for arguments it would refuse. */
export function constraintNamed(name: string, args: string | undefined): Constraint | undefined {
  const numbers = args?.split(",").map((it) => it.trim());
  const [first, second] = (numbers ?? []).map((it) => (/^-?\d+$/.test(it) ? Number(it) : Number.NaN));
  const isCount = (it: number | undefined): it is number => it !== undefined && Number.isInteger(it);

  switch (name.toLowerCase()) {
    case "int":
      return args === undefined ? integerBetween(-(2n ** 31n), 2n ** 31n - 1n) : undefined;
    case "long":
      return args === undefined ? integerBetween(-(2n ** 63n), 2n ** 63n - 1n) : undefined;
    case "bool":
      return args === undefined ? (it) => /^\s*(?:true|false)\s*$/i.test(it) : undefined;
    case "decimal":
      return args === undefined ? (it) => /^\s*[+-]?(?:[\d,]+\.?\d*|\.\d+)[+-]?\s*$/.test(it) : undefined;
    case "double":
    case "float":
      return args === undefined ? isFloat : undefined;
    case "guid":
      return args === undefined ? isGuid : undefined;
    case "datetime":
      return args === undefined ? isDateTime : undefined;
    case "alpha":
      return args === undefined ? (it) => /^[a-z]*$/i.test(it) : undefined;
    case "required":
      return args === undefined ? (it) => it.length > 0 : undefined;
    case "file":
      return args === undefined ? isFileName : undefined;
    case "nonfile":
      return args === undefined ? (it) => !isFileName(it) : undefined;
    case "minlength":
      return isCount(first) ? (it) => it.length >= first : undefined;
    case "maxlength":
      return isCount(first) ? (it) => it.length <= first : undefined;
    case "length":
      if (!isCount(first)) return undefined;
      if (numbers?.length === 1) return (it) => it.length === first;
      return isCount(second) ? (it) => it.length >= first && it.length <= second : undefined;
    case "min":
      return isCount(first) ? (it) => isLong(it) && BigInt(it.trim()) >= BigInt(first) : undefined;
    case "max":
      return isCount(first) ? (it) => isLong(it) && BigInt(it.trim()) <= BigInt(first) : undefined;
    case "range":
      return isCount(first) && isCount(second)
        ? (it) => isLong(it) && BigInt(it.trim()) >= BigInt(first) && BigInt(it.trim()) <= BigInt(second)
        : undefined;
    case "regex":
      return args === undefined ? undefined : matching(args);
    default:
      return undefined;
  }
}

function integerBetween(least: bigint, most: bigint): Constraint {
  return (value) => {
    if (!/^\s*[+-]?\d+\s*$/.test(value)) return false;
    const number = BigInt(value.trim().replace(/^\+/, ""));
    return number >= least && number <= most;
  };
}

const isLong: Constraint = (value) =>
  /^\s*-?\d+\s*$/.test(value) && integerBetween(-(2n ** 63n), 2n ** 63n - 1n)(value);

const isFloat: Constraint = (value) =>
  /^\s*[+-]?(?:(?:[\d,]+\.?\d*|\.\d+)(?:e[+-]?\d+)?|infinity|∞|nan)\s*$/i.test(value);

/** The forms .NET's Guid.TryParse takes: bare, dashed, in braces, in parentheses. */
const isGuid: Constraint = (value) => {
  const dashed = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
  return new RegExp(String.raw`^\s*(?:[0-9a-f]{32}|${dashed}|\{${dashed}\}|\(${dashed}\))\s*$`, "i").test(
    value,
  );
};

/** The forms people put into URLs. .NET's invariant culture takes more, such as month names in other places. */
const isDateTime: Constraint = (value) => {
  const text = value.trim();
  const isCommonForm =
    /^\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/i;
  return isCommonForm.test(text) && !Number.isNaN(Date.parse(text));
};

const isFileName: Constraint = (value) => {
  const last = value.slice(value.lastIndexOf("/") + 1);
  const dot = last.indexOf(".");
  return dot >= 0 && dot < last.length - 1;
};

function matching(pattern: string): Constraint | undefined {
  try {
    // ASP.NET matches without regard to case and without anchoring.
    const expression = new RegExp(pattern, "i");
    return (value) => expression.test(value);
  } catch {
    return undefined;
  }
}
