/** Name and message of what an SDK call was refused with; `none` when it was not. */
export async function refused(call: Promise<unknown>): Promise<{ readonly name: string; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    const { name, message } = error as Error;

    return { name, message };
  }
  return { name: 'none', message: '' };
}
