// What: answers the files themselves in place of the links to them.
// Why: the vendor lists the files of a record through links, each with its file as a parent.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
'use strict';
if (response_iserror || !Array.isArray(response_body)) done();
done({
  response_body: response_body.map((link) => {
    const file = link.ContentDocument || {};
    delete file.attributes;
    return file;
  }),
});
