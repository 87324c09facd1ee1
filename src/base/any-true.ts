/** True as soon as one of them is, and false when none was. The others are not waited for. */
export function anyTrue(answers: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    for (const answer of answers) answer.then((isTrue) => isTrue && resolve(true), reject);
    void Promise.allSettled(answers).then(() => resolve(false));
  });
}
