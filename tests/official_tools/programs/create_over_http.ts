// Creates a user over HTTP and reads it again, by the generated types; prints it as JSON.
import createClient from "openapi-fetch";
import type { paths } from "./http.js";

const [baseUrl, token, username] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const created = await client.POST("/user", { body: { username, usertype: "user" } });
if (created.error !== undefined) throw new Error(JSON.stringify(created.error));
const { data, error } = await client.GET("/user/{username}", { params: { path: { username } } });
if (error !== undefined) throw new Error(JSON.stringify(error));
console.log(JSON.stringify(data));
