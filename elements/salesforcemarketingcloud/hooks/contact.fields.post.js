// What: the attributes of every set in one list, each named Set.Attribute.
// Why: a contact is the sum of its attribute sets.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/getAttributeSetDefinitions.html
'use strict';
if (response_iserror) done();
done({
  response_body: response_body.flatMap((set) =>
    (set.attributes || []).map((attribute) => ({ ...attribute, path: set.name.value + '.' + attribute.name.value }))),
});
