/** `someone`, `a@b.example`, `a@b, c@d`: no line break, so that no header can be added. */
const RECIPIENTS = /^[^\s,;<>()-][^\s,;<>()]*(?:, ?[^\s,;<>()-][^\s,;<>()]*)*$/;

/** Whether a mail can be sent to it, as its header `To` is written. */
export function areRecipients(text: string): boolean {
  return RECIPIENTS.test(text);
}
