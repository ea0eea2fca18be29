import type { LogRow } from "../../state/logs.ts";

export interface SecurityAlertFacts {
  readonly at: number;
  readonly systemAlertId: string;
  readonly displayName: string;
  readonly description?: string | undefined;
  readonly alertType: string;
  readonly severity: "Informational" | "Low" | "Medium" | "High";
  readonly productName: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly compromisedEntity?: string | undefined;
  readonly entities: readonly unknown[];
  readonly extendedProperties?: Readonly<Record<string, string>> | undefined;
  readonly tactics?: readonly string[] | undefined;
  readonly resourceId?: string | undefined;
}

/** A row of SecurityAlert: its entities and extended properties are JSON in strings. */
export function securityAlertRow(facts: SecurityAlertFacts): LogRow {
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    SystemAlertId: facts.systemAlertId,
    AlertName: facts.displayName,
    DisplayName: facts.displayName,
    Description: facts.description ?? "",
    AlertType: facts.alertType,
    AlertSeverity: facts.severity,
    ProductName: facts.productName,
    ProviderName: "Azure Security Center",
    VendorName: "Microsoft",
    VendorOriginalId: facts.systemAlertId,
    StartTime: new Date(facts.startTime).toISOString(),
    EndTime: new Date(facts.endTime).toISOString(),
    ProcessingEndTime: new Date(facts.at).toISOString(),
    CompromisedEntity: facts.compromisedEntity ?? "",
    Entities: JSON.stringify(facts.entities),
    ExtendedProperties: JSON.stringify(facts.extendedProperties ?? {}),
    Tactics: (facts.tactics ?? []).join(", "),
    ResourceId: facts.resourceId ?? "",
    Status: "New",
    IsIncident: false,
    ConfidenceLevel: "Unknown",
  };
}

export interface SecurityIncidentFacts {
  readonly at: number;
  readonly incidentName: string;
  readonly incidentNumber: number;
  readonly title: string;
  readonly severity: "Informational" | "Low" | "Medium" | "High";
  readonly status: "New" | "Active" | "Closed";
  readonly alertIds: readonly string[];
  readonly incidentUrl?: string | undefined;
  readonly createdTime: number;
}

/** A row of SecurityIncident: every change of an incident writes a new one. */
export function securityIncidentRow(facts: SecurityIncidentFacts): LogRow {
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    IncidentName: facts.incidentName,
    IncidentNumber: facts.incidentNumber,
    Title: facts.title,
    Severity: facts.severity,
    Status: facts.status,
    AlertIds: facts.alertIds,
    BookmarkIds: [],
    Comments: [],
    Labels: [],
    Tasks: [],
    Owner: { objectId: null, email: null, assignedTo: null, userPrincipalName: null },
    ProviderName: "Azure Sentinel",
    ProviderIncidentId: String(facts.incidentNumber),
    IncidentUrl: facts.incidentUrl ?? "",
    CreatedTime: new Date(facts.createdTime).toISOString(),
    FirstActivityTime: new Date(facts.createdTime).toISOString(),
    LastActivityTime: new Date(facts.at).toISOString(),
    LastModifiedTime: new Date(facts.at).toISOString(),
    SourceSystem: "Azure",
  };
}
