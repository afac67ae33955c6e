/** Something that happens to a firewall or to the broker, and is over after a while. */
export interface Disturbance<Victim> {
  readonly name: string;
  /** Seconds, at least and at most. */
  readonly lasts: readonly [number, number];
  /** Whether it hears or enforces nothing meanwhile: never so many at once that nobody is left. */
  readonly takesAway: boolean;
  /** How often at most in a round. Default: as often as it comes. */
  readonly mostOften?: number;
  /** Default: everyone. */
  readonly canMeet?: (victim: Victim) => boolean;
  /** What the dice choose, for the report. */
  readonly choice?: (dice: number) => string;
  /** @param dice 0 ≤ x < 1, for what there is to choose */
  begin(victim: Victim, dice: number): Promise<void>;
  end(victim: Victim): Promise<void>;
}
