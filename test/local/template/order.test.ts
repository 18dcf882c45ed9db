import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyOrder } from '../../../local/template/order.ts';
import type { ResourceDeclaration } from '../../../local/template/template.ts';

/** A random acyclic stack: each resource needs some of the ones before it, in one of the four ways. */
const acyclic = fc
  .array(fc.array(fc.tuple(fc.nat(), fc.constantFrom('Ref', 'GetAtt', 'Sub', 'DependsOn'))))
  .map((rows) => {
    const declarations: [string, ResourceDeclaration][] = rows.map((needs, index) => {
      const targets = index === 0 ? [] : needs.map(([target, way]) => [`R${target % index}`, way] as const);
      const properties = targets.map(([target, way]) => {
        if (way === 'Ref') return { Ref: target };
        if (way === 'GetAtt') return { 'Fn::GetAtt': [target, 'Arn'] };

        return way === 'Sub' ? { 'Fn::Sub': `x\${${target}.Arn}` } : 0;
      });
      const dependsOn = targets.filter(([, way]) => way === 'DependsOn').map(([target]) => target);

      return [`R${index}`, { Type: 'T', Properties: { properties }, DependsOn: dependsOn }];
    });

    return {
      declarations,
      needs: rows.map((needs, index) => (index === 0 ? [] : needs.map(([target]) => target % index))),
    };
  });

test('every resource comes after everything it needs, whatever the order in the template', () => {
  fc.assert(
    fc.property(acyclic, fc.boolean(), ({ declarations, needs }, reversed) => {
      const listed = reversed ? [...declarations].reverse() : declarations;
      const order = applyOrder('S', Object.fromEntries(listed));

      expect([...order].sort()).toEqual(declarations.map(([name]) => name).sort());
      for (const [index, targets] of needs.entries()) {
        for (const target of targets) expect(order.indexOf(`R${target}`)).toBeLessThan(order.indexOf(`R${index}`));
      }
    }),
  );
});

test('resources that need one another in a circle are refused, named once around', () => {
  const stack = {
    A: { Type: 'T', Properties: { b: { Ref: 'B' } } },
    B: { Type: 'T', Properties: { c: { 'Fn::GetAtt': ['C', 'Arn'] } } },
    C: { Type: 'T', DependsOn: 'A' },
  };

  expect(() => applyOrder('S', stack)).toThrow('stack S: its resources need one another in a circle: A → B → C → A');
});
