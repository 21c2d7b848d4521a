"""Tables of frameworks and of the five legacy systems, as pg_dump and mysqldump write them."""

import json
from uuid import uuid4

from tests.support.exports.export import JANUARY, Export, Marks, hash_by


def supabase(marks: Marks) -> Export:
    about = json.dumps({"full_name": "Ann Lee"})
    number = str(uuid4())
    content = f"""--
-- PostgreSQL database dump
--
COPY auth.identities (provider_id, user_id, identity_data, provider) FROM stdin;
9	{number}	{{"sub": "9"}}	github
\\.
COPY auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_user_meta_data, created_at, phone, banned_until, deleted_at, is_anonymous) FROM stdin;
0000	{number}	authenticated	authenticated	{marks.email}	{hash_by("npm bcrypt", "bcrypt")}	2024-01-01 00:00:00+00	{about}	2024-01-01 00:00:00+00	86{marks.telephone}	\\N	\\N	f
\\.
"""  # noqa: E501  as pg_dump writes it
    return Export(
        "auth.sql", content, marks.email, lost="sign-in with github", kept={"uuid": number, "email_verified": 1}
    )


def django(marks: Marks) -> Export:
    fields = {
        "password": hash_by("PyPI Django", "django_pbkdf2"), "last_login": None, "is_superuser": False,
        "username": marks.name, "first_name": "Ann", "last_name": "Lee", "email": "", "is_staff": True,
        "is_active": True, "date_joined": "2024-01-01T00:00:00Z", "groups": [1], "user_permissions": [],
    }  # fmt: skip
    document = [
        {"model": "auth.group", "pk": 1, "fields": {"name": "g"}}, {"model": "auth.user", "pk": 7, "fields": fields},
    ]  # fmt: skip
    return Export("users.json", json.dumps(document), marks.name, lost="is_staff", kept={"created_at": JANUARY})


def laravel(marks: Marks) -> Export:
    stored = hash_by("PHP", "bcrypt")
    return Export(
        "users.sql",
        f"""CREATE TABLE `users` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL,
  `email` varchar(255) NOT NULL,
  `email_verified_at` timestamp NULL DEFAULT NULL,
  `password` varchar(255) NOT NULL,
  `remember_token` varchar(100) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_email_unique` (`email`)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'Ann \\'Lee\\'','{marks.email}','2024-01-01 00:00:00','{stored}',NULL);
""",
        marks.email,
        kept={"email_verified": 1},
    )


def wordpress(marks: Marks) -> Export:
    heading = (
        "ID\tuser_login\tuser_pass\tuser_nicename\tuser_email\tuser_url\tuser_registered\tuser_status\tdisplay_name"
    )
    stored = hash_by("PHP as WordPress 6.8", "wordpress")
    line = f"1\t{marks.name}\t{stored}\tann\t{marks.email}\t\t2024-01-01 00:00:00\t0\tAnn Lee"
    return Export("wp_users.tsv", f"{heading}\n{line}\n", marks.name, kept={"created_at": JANUARY})


def foreseen(marks: Marks) -> Export:
    return Export(
        "foreseen.sql",
        f"""COPY public.accounts (id, integration, user_id, account, created_at, updated_at) FROM stdin;
1	2	{marks.number}	ou_{marks.name}	1700000000	1700000000
\\.
COPY public.integrations (id, name) FROM stdin;
2	lark
\\.
COPY public.users (id, type, name, created_at, updated_at) FROM stdin;
{marks.number}	0	{marks.name}	1700000000	1700000000
\\.
""",
        marks.name,
        None,
        kept={"created_at": "2023-11-14T22:13:20.000Z"},
    )


def rbac(marks: Marks) -> Export:
    return Export(
        "rbac.sql",
        f"""INSERT INTO `user` (`id`, `email`, `name`, `create_time`) VALUES
	({marks.number}, '{marks.email}', 'Felix Yang', '2018-12-08 11:24:42');
INSERT INTO `user_admin` (`id`, `user_id`, `password`) VALUES (1, {marks.number}, '{hash_by("npm bcrypt", "bcrypt")}');
INSERT INTO `user_group` (`id`, `user_id`, `group_id`) VALUES (1, {marks.number}, {marks.group});
INSERT INTO `user_role` (`id`, `user_id`, `role_id`) VALUES (1, {marks.number}, {marks.role}), (2, 7, 8);
""",
        marks.email,
        kept={"created_at": "2018-12-08T11:24:42.000Z"},
    )


def passport(marks: Marks) -> Export:
    given = json.loads(hash_by("node:crypto as passport", "logto"))
    return Export(
        "passport.sql",
        f"""CREATE TABLE `t_passport_user` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT '主键ID',
  `name` varchar(50) NOT NULL DEFAULT '' COMMENT '姓名',
  `email` varchar(50) NOT NULL DEFAULT '',
  `mobile` varchar(20) NOT NULL DEFAULT '',
  `position` varchar(50) NOT NULL DEFAULT '',
  `password` varchar(32) NOT NULL DEFAULT '',
  `status` tinyint(4) NOT NULL DEFAULT '1' COMMENT '状态 {{-1：删除；1：正常；}}',
  `root` tinyint(4) NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`),
  KEY `idx_name` (`name`)
) ENGINE=InnoDB;
INSERT INTO `t_passport_user` VALUES ({marks.number},'王','{marks.email}','18311413962','技术','{given[2]}',1,1),(3,'x','x@x.cn','','','',-1,0);
INSERT INTO `t_passport_user_role` (`id`, `user_id`, `role_id`, `status`) VALUES (1,{marks.number},{marks.role},1),(2,{marks.number},9,-1);
""",  # noqa: E501  as mysqldump writes it
        marks.email,
        lost="root",
        config=f"prefix: {given[1][0]}\n",
    )


def starcedu(marks: Marks) -> Export:
    number = str(uuid4().int % 2**63)
    return Export(
        "starcedu.sql",
        f"""COPY starcedu_auth.logins (id, user_id, provider, provider_key, provider_token) FROM stdin;
1	{number}	local	{marks.email}	{hash_by("npm bcrypt", "bcrypt")}
\\.
COPY starcedu_auth.oauth2users (id, user_id, unique_provider_id, provider, profile) FROM stdin;
5	{number}	x	qq	{{}}
\\.
COPY starcedu_auth.users (id, user_key, username, role, created_at, nickname, gender) FROM stdin;
{number}	abc	{marks.email}	-1	2018-01-01 00:00:00+00	Ann	\\N
\\.
""",
        marks.email,
        lost="sign-in with qq",
        kept={"external_id": number, "created_at": "2018-01-01T00:00:00.000Z"},
    )


def usermgmt(marks: Marks) -> Export:
    stored, uuid = hash_by("node:crypto as user-mgmt", "spring_pbkdf2"), str(uuid4())
    return Export(
        "usermgmt.sql",
        f"""COPY public.tbl_tenant (tenantid, username, password, company, telephonenumber, gender, isallowed) FROM stdin;
{uuid}	{marks.name}	{stored}	company	{marks.telephone}	male	t
\\.
""",  # noqa: E501  as pg_dump writes it
        marks.telephone,
        kept={"uuid": uuid},
    )


EXPORTS = (supabase, django, laravel, wordpress, foreseen, rbac, passport, starcedu, usermgmt)
