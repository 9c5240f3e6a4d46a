// What: describes comments as the documents hub does; raw=true keeps the vendor's beside it.
// Why: the vendor's names are its own.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_comments.htm
'use strict';
if (response_iserror || !response_body) done();
const raw = String((request_parameters || {}).raw) === 'true';
const shape = (comment) => ({
  id: comment.id,
  comment: comment.body && comment.body.text,
  createdDate: comment.createdDate,
  userId: comment.user && comment.user.id,
  username: comment.user && (comment.user.displayName || comment.user.name),
  raw: raw ? comment : undefined,
});
done({ response_body: Array.isArray(response_body) ? response_body.map(shape) : shape(response_body) });
