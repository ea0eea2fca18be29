import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import type { StepContext } from "./step.ts";

/** A list of links between directory objects, owners or members, and one link in it. */
export interface Link {
  /** `/groups/{id}/members` */
  readonly list: string;
  /** How the list is asked for, beside the ids. */
  readonly query: string;
  /** The object at the other end. */
  readonly id: string;
}

const Linked = z.object({ id: z.string() });

const look = ({ graph }: Azure, { list, query }: Link) => graph.list(`${list}?${query}`, Linked);

/** Taking one link out of a list and putting it back; `what` says what the object is by it ("an owner"). */
export function linkCut<Target>(linkOf: (target: Target) => Link, what: string) {
  return {
    async apply({ azure }: StepContext, target: Target) {
      const { list, id } = linkOf(target);
      return outcomeOfRemoval(await azure.graph.delete(`${list}/${id}/$ref`), azure.now());
    },
    async verify({ azure }: StepContext, target: Target) {
      const link = linkOf(target);
      return confirmation(await look(azure, link), azure.now(), {
        holds: (it) => it.every(({ id }) => id !== link.id),
        otherwise: `still ${what}`,
        absentHolds: true,
      });
    },
    undoing: {
      kind: "can",
      async undo({ azure }: StepContext, target: Target) {
        const link = linkOf(target);
        const present = await look(azure, link);
        if (present.kind === "failed") return failed(present.failure, azure.now());
        if (present.value.some(({ id }) => id === link.id)) return alreadySo(present.requestId, azure.now());
        const reference = { "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${link.id}` };
        return outcomeOfChange(
          await azure.graph.post(`${link.list}/$ref`, reference, z.unknown()),
          azure.now(),
        );
      },
      async verifyUndone({ azure }: StepContext, target: Target) {
        const link = linkOf(target);
        return confirmation(await look(azure, link), azure.now(), {
          holds: (it) => it.some(({ id }) => id === link.id),
          otherwise: `not ${what}`,
          absentHolds: false,
        });
      },
    },
  } as const;
}
