import type { CaseReport } from "./case-report.ts";
import { restoreCommand, verifyCommands } from "./commands.ts";
import type { Section } from "./section.ts";
import { html } from "./markup.ts";
import { counted, shownTime } from "./shown-text.ts";

export function decisionsSection({ decisions }: CaseReport): Section | null {
  if (decisions.length === 0) return null;
  return {
    id: "decisions",
    heading: "Who decided what, and when",
    body: html`<table class="cards">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">Words</th>
          <th scope="col">Plan</th>
        </tr>
      </thead>
      <tbody>
        ${decisions.map(
          (it) =>
            html`<tr>
              <td class="when">${shownTime(it.at)}</td>
              <td data-head="Who"><bdi>${it.who}</bdi></td>
              <td data-head="What">${it.what}</td>
              <td data-head="Words"><bdi>${it.comment ?? ""}</bdi></td>
              <td data-head="Plan" class="when"><code>${it.planDigest?.slice(0, 12) ?? ""}</code></td>
            </tr> `,
        )}
      </tbody>
    </table>`,
  };
}

export function restoreSection(report: CaseReport): Section | null {
  const made = report.steps.filter(
    ({ result, restored }) => !restored && (result === "applied" || result === "already-so"),
  );
  if (made.length === 0) return null;
  const lasting = made.filter(({ reversible }) => !reversible);
  return {
    id: "restore",
    heading: "How to put it back",
    body: html`<p>
        ${counted(made.length - lasting.length, "step")} can be put back from the snapshot, all or by id, by
        someone with the role <code>Case.Restore</code>. A restore is recorded like a cut.
      </p>
      <pre>${restoreCommand(report)}</pre>
      <p>To put back only some, add <code>"steps": ["id", …]</code>; the ids stand with each step above.</p>
      ${
        lasting.length === 0
          ? null
          : html`<h3>What does not come back by itself</h3>
              <ul class="plain">
                ${lasting.map(
                  ({ title, irreversibleBecause }) =>
                    html`<li><bdi>${title}</bdi>: ${irreversibleBecause}</li> `,
                )}
              </ul>`
      }`,
  };
}

export function limitationsSection({ limitations }: CaseReport): Section | null {
  if (limitations.length === 0) return null;
  return {
    id: "unseen",
    heading: "What could not be seen",
    body: html`<p>What was not read is not known to be empty.</p>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Code</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${limitations.map(
            ({ about, code, detail }) =>
              html`<tr>
                <td><bdi>${about}</bdi></td>
                <td data-head="Code"><code>${code}</code></td>
                <td data-head="Meaning"><bdi>${detail}</bdi></td>
              </tr> `,
          )}
        </tbody>
      </table>`,
  };
}

export function wordsSection({ words }: CaseReport): Section | null {
  if (words.length === 0) return null;
  return {
    id: "words",
    heading: "Who was told",
    body: html`<table class="cards">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">To</th>
          <th scope="col">About</th>
          <th scope="col">Arrived</th>
        </tr>
      </thead>
      <tbody>
        ${words.map(
          (it) =>
            html`<tr>
              <td class="when">${shownTime(it.at)}</td>
              <td data-head="To">${it.to}</td>
              <td data-head="About">${it.about}</td>
              <td data-head="Arrived">${it.arrived ? "yes" : html`no: <code>${it.code}</code>`}</td>
            </tr> `,
        )}
      </tbody>
    </table>`,
  };
}

export function verifySection(report: CaseReport): Section {
  return {
    id: "verify",
    heading: "How to verify this record",
    body: html`<p>
        Everything above comes from ${counted(report.record.entries, "entry", "entries")} of an append-only
        record in which each entry holds the hash of the one before. The last one told of here has the hash
      </p>
      <pre>${report.record.head}</pre>
      <p>
        Fetch the record, and check offline that nothing in it was changed, removed or added, that it is
        signed, and that this hash is in it. Take the public key (<code>checkpoint-key.pem</code>) from Key
        Vault or your own files, never from the record.
      </p>
      <pre>${verifyCommands(report)}</pre>
      <p>
        The same hash is written to the Sentinel incident, where there is one: whoever changes the record has
        to change that too.
      </p>
      ${
        report.documents.length === 0
          ? null
          : html`<h3>Documents that the record vouches for</h3>
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Document</th>
                    <th scope="col">SHA-256</th>
                  </tr>
                </thead>
                <tbody>
                  ${report.documents.map(
                    ({ blob, sha256 }) =>
                      html`<tr>
                        <td><bdi>${blob}</bdi></td>
                        <td data-head="SHA-256"><code>${sha256}</code></td>
                      </tr> `,
                  )}
                </tbody>
              </table>`
      }`,
  };
}
