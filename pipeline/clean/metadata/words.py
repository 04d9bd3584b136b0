"""Words that news pages print around names and dates, by language. Tables only; whoever adds a language adds words here and nowhere else."""

from __future__ import annotations

from pipeline.text.labels import phrases

AFTERNOON = phrases("下午, 晚上, 午後, 오후, مساء")
"""Before an hour of the second half of the day."""

BY = phrases("""
by, from, written by, story by, reported by, posted by, words by, text by, author, authors, published by, reviewed by, review by
photos and story by, story and photos by, text and photos by, words and photos by, more by, more from, posts by, view all posts by, all posts by
analysis by, opinion by, column by, commentary by, exclusive by, reporting by, guest post by, essay by, interview by, perspective by
ein kommentar von, eine analyse von, eine kolumne von, ein essay von, ein interview von, ein bericht von, eine reportage von, kommentar von
view all articles by, alle beiträge von, weitere artikel von, mehr von, voir tous les articles de, ver todas las entradas de
article by, von, text, text von, ein gastbeitrag von, geschrieben von, erstellt von, autor, autorin, autoren, verfasst von, foto und text, interview
par, écrit par, propos recueillis par, publié par, auteur, por, escrito por, texto, redacción, di, a cura di, autore, door
geschreven door, tekst, autorka, opracował, opracowała, автор, авторы, текст, yazan, yazar, haber, بقلم, كتب, كتبت, 文, 作者, 撰文, 记者
記者, 著者, 執筆, 글, מאת, โดย, oleh, rédigé par, redactado por, oprac., opr.
napsal, napsala, skriven av, av, af, skrevet av, från, kirjoittaja, από, του, της, de la redacción
""")
"""Before the name of who wrote it."""

LABELS = phrases(
    "redaktion, protokoll, kommentar, bericht, verfasser, verfasserin, byline, text und fotos, text & foto, text & fotos, texte, textes, testo"
    ", redaktør, लेखक, लेखिका, লেখক, প্রতিবেদক, ผู้เขียน"
)
"""Before that name and a colon; alone they are nobody's."""

OTHERS_WORK = phrases("""
photos by, photo by, photographs by, photography by, graphics by, illustrations by, illustration by, video by, medically reviewed by
fact checked by, fact-checked by, additional reporting by, fotos von, foto von, fotos:, foto:, photos de, photographies de, fotos de
""")
"""Before the names of those who did something else for it."""

AND = phrases("and, &, und, et, y, e, en, i, и, ve, och, og, ja, și, with, mit, avec, con, και, e da")
"""Between two names."""

ROLES = phrases("""
staff, writer, writers, senior, contributing, freelance, special, chief, deputy, associate, assistant, executive, managing, guest
correspondent, correspondents, reporter, reporters, editor, editors, columnist, journalist, contributor, contributors, producer, anchor
blogger, photographer, director, professor, fellow, intern, analyst, critic, bureau, newsroom, manager, officer, president, founder
publisher, expert, experte, expertin, autor, autorin, author, showbiz, royal, investigative, education, environment, climate, crime
transport, finance, travel, fashion, tech, audience, assignment, gaming, envoyée, spéciale
political, politics, business, sports, science, health, technology, culture, entertainment, wellness, national, international, foreign
local, security, diplomatic, features, redakteur, redakteurin, korrespondent, korrespondentin, reporterin, volontär, volontärin
chefredakteur, chefredakteurin, ressortleiter, journalistin, freier, freie, gastautor, gastautorin, journaliste, rédacteur, rédactrice
correspondant, correspondante, chroniqueur, envoyé, spécial, pigiste, redactor, redactora, corresponsal, periodista, editora, reportero
reportera, enviado, especial, columnista, giornalista, redattore, redattrice, corrispondente, inviato, jornalista, repórter, colunista
redacteur, verslaggever, dziennikarz, dziennikarka, redaktor, publicysta, корреспондент, журналист, обозреватель, редактор, muhabir
muhabiri, editör, yazarı, köşe, مراسل, محرر, صحفي, كاتب, 编辑, 通讯员, 編集, 기자, 특파원, 논설위원
""")
"""What people are, word by word, beside who they are."""

NOBODY = phrases("""
网络整理, 综合整理, 网络, 综合, 本站, 本网, 原创, 转载, 未知, 匿名, 佚名, red, super user
no author, admin, administrator, webmaster, user, root, test, guest, anonymous, unknown, undefined, null, none, staff, contributor, contributors
author, authors, editor, editors, share, follow, read, read more, comments, comment, facebook, twitter, instagram, linkedin, youtube
email, e-mail, website, home, news, bio, profile, archive, staff writer, staff report, staff reports, news desk, web desk, newsroom
press release, guest author, guest contributor, staff reports, edit profile, sponsored, sponsored content, see full bio, view all posts
view profile, see all, more, show more, follow us, subscribe, weitere beiträge, redaktion, von der redaktion, die redaktion, rédaction
la rédaction, redacción, redazione, la redazione, redação, da redação, redactie, redakcja, редакция, haber merkezi, التحرير, 编辑部
편집부, নিজস্ব প্রতিবেদক, নিজস্ব সংবাদদাতা, স্টাফ রিপোর্টার, ডেস্ক রিপোর্ট, मुख्य संवाददाता, न्यूज़ डेस्क, वेब डेस्क, מערכת, กองบรรณาธิการ
""")
"""In the place of a name, where nobody is named."""

DESKS = phrases("""
grupa, grupo, gruppo, groupe, ediciones, éditions, edizioni, editora, wydawnictwo
desk, newsdesk, newsroom, team, redaktion, redaktionsteam, rédaction, redacción, redazione, redação, redactie, redaksjonen, redaktionen, redakcja
редакция
""")
"""The first or last word of what no person is called, but those who work somewhere."""

OUTLETS = phrases("""
news, times, post, herald, tribune, gazette, sentinel, telegraph, journal, report, media, network, magazine, press, chronicle, observer
mirror, standard, star, examiner, courier, dispatch, register, bulletin, wire, service, agency, university, institute, labs, zeitung
nachrichten, anzeiger, tageblatt, presse, rundschau, kurier, agentur, journaux, noticias, diario, periódico, agencia, giornale, corriere
agenzia, jornal, agência, krant, gazeta, ajansı, газета
""")
"""The last word of the names of papers and houses: behind a person's name they say for whom."""

GENRES = {
    "opinion": phrases("""
opinion, opinions, op-ed, oped, editorial, editorials, comment, commentary, commentisfree, column, columns, columnists, letters
letters to the editor, viewpoint, voices, perspective, perspectives, guest column, meinung, meinungen, kommentar, kommentare, leitartikel
kolumne, kolumnen, gastbeitrag, glosse, opinions et débats, tribune, tribunes, chronique, chroniques, éditorial, éditos, édito, idées
débats, opinión, opinion y debate, columna, columnas, tribuna, opinione, opinioni, commento, commenti, editoriale, opinião, opiniões
colunas, colunistas, opinie, opinies, columnisten, opinia, opinie i komentarze, komentarz, komentarze, felieton, felietony, мнение, мнения
колонка, колонки, комментарий, görüş, yazarlar, köşe yazıları, yorum, رأي, آراء, مقالات, مقال رأي, 评论, 评论员文章, 社论, 社論, 時評
评论频道, オピニオン, 社説, 論説, コラム, 사설, 칼럼, 오피니언, debatt, ledare, kronik, leder, kolumni, pääkirjoitus
"""),
    "sponsored": phrases("""
sponsored, sponsored content, sponsored post, sponsored article, sponsor content, sponsor message, paid post, paid content
paid partnership, paid program, partner content, in partnership with, presented by, branded content, brand content, brand studio
brandvoice, advertorial, advertorials, advertisement feature, advertisement, advertiser content, promoted, promoted content, promoted post
native ad, anzeige, anzeigen, werbung, sponsored by, gesponsert, gesponserter beitrag, anzeigensonderveröffentlichung, bezahlter inhalt
publireportage, publicité, contenu sponsorisé, contenu partenaire, publi-rédactionnel, publirédactionnel, contenido patrocinado
patrocinado, publirreportaje, publicidad, contenuto sponsorizzato, sponsorizzato, informazione pubblicitaria, publiredazionale
conteúdo patrocinado, conteúdo de marca, publieditorial, publicidade, gesponsord, advertentie, betaalde inhoud, artykuł sponsorowany
materiał sponsorowany, materiał partnera, reklama, на правах рекламы, реклама, партнёрский материал, партнерский материал, реклам
sponsorlu içerik, reklam, advertorial haber, محتوى مدعوم, إعلان, محتوى ترويجي, 赞助内容, 广告, 推广, 贊助內容, 廣告, 広告, スポンサード
タイアップ, 협찬, 광고, annons, annonse, annonce, betalt innhold, sponsoroitu, mainos
"""),
    "press release": phrases("""
for immediate release, press release, press releases, press-release, news release, news releases, media release, media releases, pressemitteilung
pressemitteilungen, pressemeldung, pressemeldungen, presseaussendung, presseinformation, medienmitteilung, medienmitteilungen, communiqué
communiqué de presse, communiqués, communiqués de presse, comunicado de prensa, nota de prensa, notas de prensa, comunicados
comunicato stampa, comunicati stampa, nota à imprensa, comunicado de imprensa, persbericht, persberichten, komunikat prasowy
komunikaty prasowe, пресс-релиз, пресс-релизы, basın bülteni, بيان صحفي, 新闻稿, 新聞稿, プレスリリース, 보도자료
pressmeddelande, pressemelding, pressemeddelelse, lehdistötiedote, tisková zpráva, prnewswire, businesswire, globenewswire
"""),
    "live": phrases("""
live, live blog, liveblog, live updates, live coverage, liveticker, live-ticker, newsticker, ticker, en direct, direct, en vivo, directo
en directo, in diretta, diretta, ao vivo, minuto a minuto, na żywo, relacja na żywo, онлайн, онлайн-трансляция, трансляция, canlı
canlı anlatım, canlı blog, مباشر, تغطية مباشرة, 直播, ライブ, 생중계, 라이브
"""),
}
"""Labels, sections and folders that say what a text is, by genre."""

SPONSORED_BY = phrases("""
sponsored by, sponsored content by, sponsored content from, sponsored post by, paid content by, paid content from, paid post by, paid post from
paid for by, paid partnership with, advertiser content by, advertiser content from, partner content by, partner content from, brought to you by
this article is sponsored, this article was sponsored, this article is paid for, this article was paid for, this article is sponsored content
this post is sponsored, this post was sponsored, this story is sponsored, this story was sponsored, this content is sponsored
this content was paid for, this content is paid for, this is sponsored content, this is a sponsored, this is a paid, gesponsert von
anzeige von, dieser artikel ist eine anzeige, dieser beitrag ist eine anzeige, dieser artikel wurde gesponsert, sponsorisé par
contenu proposé par, cet article est sponsorisé, patrocinado por, este artículo está patrocinado, sponsorizzato da, offerto da
gesponsord door, aangeboden door, sponsorowany przez, sponsrad av, sponset av, sponsoreret af
""")
"""How a label or a line above a text begins that says who paid for it."""

SLOTS = phrases("""
advertisement, anzeige, anzeigen, werbung, publicité, publicidad, publicidade, advertentie, reklama, реклама, реклам, reklam, إعلان, 广告, 推广
廣告, 広告, 광고, annons, annonse, annonce, mainos, promoted
""")
"""What also stands above any place for an advertisement: it says something of the text in a label right above the headline only."""

HOME = phrases("""
home, homepage, home page, front page, start, startseite, zur startseite, accueil, inicio, portada, início, página inicial, home page, главная, на главную
головна, начало, strona główna, ana sayfa, anasayfa, kezdőlap, címlap, főoldal, domů, úvod, domov, acasă, prima pagină, αρχική, naslovnica, početna, насловна
hjem, forside, forsiden, hem, startsidan, etusivu, voorpagina, beranda, laman utama, utama, trang chủ, หน้าแรก, होम, मुखपृष्ठ, প্রচ্ছদ, হোম, صفحه اصلی, خانه
الرئيسية, الصفحة الرئيسية, דף הבית, ראשי, ホーム, トップ, トップページ, 홈, 首页, 首頁, 主页
""")
"""What the front page is called in the way to a page."""

HERE = phrases("""
正文, 内容, 您的位置, 当前位置, 你的位置, 现在位置, 您所在的位置, 您当前的位置, 目前位置, 現在位置, you are here, sie sind hier, vous êtes ici
usted está aquí, 현재위치, /, >, >>
""")
"""What else stands in that way."""
