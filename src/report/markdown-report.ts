import type { CaseReport } from "./case-report.ts";
import { restoreCommand, verifyCommands } from "./commands.ts";
import { lossesOf } from "./losses.ts";
import { codeInMarkdown as code, dataInMarkdown, inMarkdown as md } from "./markdown-text.ts";
import { kindName } from "./reach-graph.ts";
import { STANDINGS, standingOf, whyOpen } from "./reported-step.ts";
import { shownTime } from "./shown-text.ts";

/** The report as GitHub-flavoured Markdown: the same words as the page, tables in place of pictures. Equal input, equal bytes. */
export function markdownReport(report: CaseReport): string {
  const blocks = [
    ...verdict(report),
    ...todo(report),
    ...happened(report),
    ...reach(report),
    ...exposure(report),
    ...losses(report),
    ...decisions(report),
    ...steps(report),
    ...after(report),
  ];
  return `${blocks.join("\n\n")}\n`;
}

type Blocks = readonly string[];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function list(items: readonly string[]): string {
  return items.map((it) => `- ${it}`).join("\n");
}

function verdict({ verdict: { headline, sentences }, caseId, title, asOf, principals }: CaseReport): Blocks {
  return [
    `# ${md(headline)}`,
    `**${md(title)}** (${caseId}${asOf === null ? "" : `, as of ${shownTime(asOf)}`})`,
    sentences.map(md).join(" "),
    ...(principals.length === 0
      ? []
      : [
          `Suspects: ${principals.map(({ name, id, kind }) => `${md(name)} (${kind}, ${code(id)})`).join(", ")}`,
        ]),
  ];
}

function todo({ personActions }: CaseReport): Blocks {
  return [
    "## What a person must still do",
    personActions.length === 0
      ? "Nothing is known to be left."
      : // Commands have only what Azure's naming rules allow in them, and are to be copied as they stand.
        personActions
          .map(
            (it, index) =>
              `${index + 1}. **${md(it.title)}**: ${md(it.because)}${it.command === undefined ? "" : ` \`${it.command}\``}`,
          )
          .join("\n"),
  ];
}

function happened({ happenings }: CaseReport): Blocks {
  const moments = happenings.filter(({ key }) => key);
  if (moments.length === 0) return [];
  return [
    "## What happened",
    table(
      ["When", "What", "Who"],
      moments.map((it) => [shownTime(it.at), `${it.suspicious ? "**!** " : ""}${md(it.what)}`, md(it.who)]),
    ),
  ];
}

function reach({ reach: things, principals }: CaseReport): Blocks {
  if (things.length === 0) return [];
  const names = new Map(principals.map(({ id, name }) => [id, name]));
  return [
    "## What the suspects could reach",
    table(
      ["Thing", "Kind", "Touched", "Power", "Suspect"],
      things
        .toSorted((a, b) => (a.evidence === b.evidence ? 0 : a.evidence === "read" ? -1 : 1))
        .map((it) => [
          md(it.name),
          kindName(it.kind, 1),
          it.evidence === "read"
            ? it.lastTouched === null
              ? "yes"
              : shownTime(it.lastTouched)
            : "not shown",
          it.can.join(", "),
          md(names.get(it.principalKey) ?? it.principalKey),
        ]),
    ),
  ];
}

function exposure({ residualExposure, exposureKnown }: CaseReport): Blocks {
  if (!exposureKnown) return [];
  return [
    "## How long what was issued still works",
    residualExposure.length === 0
      ? "No token that the logs show was still good when the last cut was confirmed."
      : table(
          ["Until", "Where", "What", "Why"],
          residualExposure.map((it) => [
            it.until === null ? "a person acts" : shownTime(it.until),
            md(it.where),
            md(it.what),
            md(it.because),
          ]),
        ),
  ];
}

function losses({ steps: all }: CaseReport): Blocks {
  const { lost, mayLose, failed } = lossesOf(all);
  if (lost.length + mayLose.length + failed.length === 0) return [];
  const part = (heading: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`### ${heading}`, list(items.map(md))];
  return [
    "## What broke or may break",
    ...part("Lost with the steps that were made", lost),
    ...part("Would be lost with the steps that were not made", mayLose),
    ...part("Steps that did not work", failed),
  ];
}

function decisions({ decisions: all }: CaseReport): Blocks {
  if (all.length === 0) return [];
  return [
    "## Who decided what, and when",
    table(
      ["When", "Who", "What", "Words", "Plan"],
      all.map((it) => [
        shownTime(it.at),
        md(it.who),
        md(it.what),
        md(it.comment ?? ""),
        it.planDigest === null ? "" : code(it.planDigest.slice(0, 12)),
      ]),
    ),
  ];
}

function steps({ steps: all, waves }: CaseReport): Blocks {
  if (all.length === 0) return [];
  return [
    "## What was done, step by step",
    ...waves.flatMap(({ name, reason }) => [
      `### ${md(name.replaceAll("-", " "))}`,
      md(reason),
      table(
        ["State", "Step", "Before", "Made", "After", "Evidence"],
        all
          .filter(({ wave }) => wave === name)
          .map((it) => [
            STANDINGS[standingOf(it)],
            `${md(it.title)} ${code(it.id)}`,
            it.before === null ? "" : dataInMarkdown(it.before),
            it.madeAt === null ? "not performed" : `${shownTime(it.madeAt)}, ${md(it.result ?? "")}`,
            it.confirmed ? `confirmed ${shownTime(it.confirmedAt ?? "")}` : md(whyOpen(it)),
            [...it.made, ...it.proof]
              .flatMap(({ requestId }) => (requestId === null ? [] : [code(requestId)]))
              .join(" "),
          ]),
      ),
    ]),
  ];
}

function after(report: CaseReport): Blocks {
  const { limitations, words, documents, record, steps: all } = report;
  const lasting = all.filter(
    (it) => !it.reversible && (it.result === "applied" || it.result === "already-so"),
  );
  const fenced = (text: string) => `\`\`\`sh\n${text}\n\`\`\``;
  return [
    ...(all.some(({ result }) => result === "applied")
      ? ["## How to put it back", fenced(restoreCommand(report))]
      : []),
    ...(lasting.length === 0
      ? []
      : [
          "What does not come back by itself:",
          list(lasting.map((it) => `${md(it.title)}: ${md(it.irreversibleBecause ?? "")}`)),
        ]),
    ...(limitations.length === 0
      ? []
      : [
          "## What could not be seen",
          table(
            ["What", "Code", "Meaning"],
            limitations.map((it) => [md(it.about), code(it.code), md(it.detail)]),
          ),
        ]),
    ...(words.length === 0
      ? []
      : [
          "## Who was told",
          table(
            ["When", "To", "About", "Arrived"],
            words.map((it) => [
              shownTime(it.at),
              md(it.to),
              md(it.about),
              it.arrived ? "yes" : `no: ${code(it.code ?? "")}`,
            ]),
          ),
        ]),
    "## How to verify this record",
    `This report tells of ${record.entries} entries; the last one's hash is ${code(record.head)}. Take the public key from Key Vault or your own files, never from the record.`,
    fenced(verifyCommands(report)),
    ...(documents.length === 0
      ? []
      : [
          table(
            ["Document", "SHA-256"],
            documents.map((it) => [md(it.blob), code(it.sha256)]),
          ),
        ]),
  ];
}
