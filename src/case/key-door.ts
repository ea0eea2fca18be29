/** A resource that lets whoever has a key or password in, though it takes identities too. */
export interface KeyDoor {
  readonly resourceId: string;
  /** In lower case. */
  readonly type: string;
  readonly name: string;
  /** `closed`: keys are refused already. `needs-entra`: nobody could get in otherwise, as it is set up. */
  readonly state: "open" | "closed" | "needs-entra";
  /** Why the case looks at it, in sentences. */
  readonly because: readonly string[];
}
