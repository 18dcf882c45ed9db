import { operation } from '../operation.ts';
import { type PasswordOptions, randomPassword } from '../random-password.ts';

export const getRandomPassword = operation<PasswordOptions>('GetRandomPassword', {
  input: {
    PasswordLength: { type: 'integer', min: 1, max: 4096 },
    ExcludeCharacters: { type: 'string', max: 4096 },
    ExcludeNumbers: { type: 'boolean' },
    ExcludePunctuation: { type: 'boolean' },
    ExcludeUppercase: { type: 'boolean' },
    ExcludeLowercase: { type: 'boolean' },
    IncludeSpace: { type: 'boolean' },
    RequireEachIncludedType: { type: 'boolean' },
  },
  resource: () => '*',
  run: async (input) => ({ RandomPassword: randomPassword(input) }),
});
