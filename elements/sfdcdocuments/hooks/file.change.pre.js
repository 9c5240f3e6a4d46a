// What: turns name or path, description and tags into members of the latest version.
// Why: the vendor keeps them there.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
const given = JSON.parse(request_vendor_body || '{}');
const version = {};
const refuse = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
const wanted = given.name || (given.path && String(given.path).replace(/^[/]+/, ''));
if (wanted) {
  if (wanted.includes('/')) refuse('A file cannot be moved into a folder here; give a path in the root, such as /report.pdf.');
  const found = ((request_previous_response || {}).records || [])[0] || {};
  const extension = found.FileExtension;
  const dot = wanted.lastIndexOf('.');
  const ends = dot > 0 ? wanted.slice(dot + 1) : null;
  if (extension && ends && ends.toLowerCase() !== extension.toLowerCase()) refuse('The extension of a file cannot be changed from ' + extension + ' to ' + ends + '.');
  version.Title = dot > 0 && extension ? wanted.slice(0, dot) : wanted;
}
if ('description' in given) version.Description = given.description;
if ('tags' in given) version.TagCsv = Array.isArray(given.tags) ? given.tags.join(',') : given.tags;
if (Object.keys(version).length === 0) refuse('Give name or path, description or tags.');
done({ request_vendor_body: version });
