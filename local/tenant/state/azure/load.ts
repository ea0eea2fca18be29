import type { z } from "zod";
import type { ScenarioNames } from "../../scenario/names.ts";
import { emptyAzure } from "./empty.ts";
import { preload } from "./history.ts";
import { loadAccess } from "./load-access.ts";
import { loadResources } from "./load-resources.ts";
import type { AzureState } from "./model.ts";
import { placesOf } from "./places.ts";
import { AzureSection } from "./section.ts";

/** Builds the Azure side of a tenant from its scenario section. Ids come from `names`, so references elsewhere find them. */
export function loadAzure(given: z.input<typeof AzureSection>, names: ScenarioNames): AzureState {
  declareGivenIds(AzureSection.parse(given), names);
  const section = AzureSection.parse(names.resolve(given));
  const state = emptyAzure();
  const places = placesOf(section, names);
  for (const { name, displayName, parent } of section.managementGroups) {
    state.managementGroups.set(name.toLowerCase(), { name, displayName: displayName ?? name, parent });
  }
  for (const { name, managementGroup, state: status } of section.subscriptions) {
    const id = names.guid("subscription", name);
    state.subscriptions.set(id.toLowerCase(), { id, displayName: name, state: status, managementGroup });
  }
  for (const { name, subscription, location, tags } of section.resourceGroups) {
    const id = places.group(name, subscription);
    preload(state.resourceGroups, id, { id, name, location, tags: tags });
  }
  loadResources(state, section, names, places);
  loadAccess(state, section, names, places);
  return state;
}

/** Before anything is resolved, because a reference may stand above the thing it names. */
function declareGivenIds(section: AzureSection, names: ScenarioNames): void {
  for (const { name, id } of section.subscriptions) {
    if (id !== undefined) names.given("subscription", name, id.toLowerCase());
  }
  for (const { name, principalId, clientId } of section.identities) {
    if (principalId !== undefined) names.given("identity", name, principalId);
    if (clientId !== undefined) names.given("clientId", name, clientId);
  }
}
