"""What pages print that stand in an article's place, or cut it off. Tables only, each line a language or two."""

from __future__ import annotations

from pipeline.text.labels import phrases

CHALLENGE = phrases("""
just a moment..., just a moment…, attention required!, checking your browser, checking if the site connection is secure
verify you are human, verifying you are human, verify that you are human, verify that you're not a robot, are you a robot, are you a human
i'm not a robot, you are not a robot, prove you are human, unusual traffic, automated requests, enable javascript and cookies to continue
please enable js and disable any ad blocker, please enable javascript, please enable cookies, access denied
access to this page has been denied, you have been blocked, request blocked, your request has been blocked, request was blocked
pardon our interruption, security check, bot verification, bot detection, complete the captcha, solve the captcha, ddos protection
robot or human, press & hold, press and hold, one more step, 403 forbidden, 429 too many requests, too many requests
sicherheitsüberprüfung, sind sie ein mensch, sind sie ein roboter, dass sie kein roboter sind, zugriff verweigert, zugriff gesperrt
vérifiez que vous êtes humain, êtes-vous un robot, accès refusé, vérification de sécurité, je ne suis pas un robot
verifica que eres humano, no soy un robot, acceso denegado, comprobación de seguridad, verifica di essere umano, non sono un robot
accesso negato, verifique se você é humano, não sou um robô, acesso negado, ben je een robot, ik ben geen robot, toegang geweigerd
nie jestem robotem, odmowa dostępu, że jesteś człowiekiem, что вы не робот, доступ запрещён, доступ запрещен, доступ ограничен
проверка браузера, robot olmadığınızı, ben robot değilim, erişim engellendi, أنا لست روبوت, تم رفض الوصول, 安全验证, 人机验证, 请完成验证
访问被拒绝, 您的访问被阻断, 私はロボットではありません, アクセスが拒否されました, 로봇이 아닙니다, 접근이 거부되었습니다
""")
"""Challenges and blocks."""

ERROR = phrases("""
404, error 404, 404 error, 500 internal, 502 bad gateway, 503 service, page not found, page does not exist, page cannot be found
page can't be found, not found, this page can't be found, this page isn't available, this page is not available, this page doesn't exist
the page you requested, the page you are looking for, we couldn't find, oops, server error, internal server error, bad gateway
service unavailable, temporarily unavailable, we'll be right back, having technical difficulties
under maintenance, something went wrong, an error occurred, article not found
this article is no longer available, this content is not available, content unavailable, unavailable for legal reasons
not available in your region, not available in your country, seite nicht gefunden, die seite wurde nicht gefunden
diese seite existiert nicht, die angeforderte seite, fehler 404, artikel nicht gefunden, wartungsarbeiten, page introuvable
page non trouvée, cette page n'existe pas, erreur 404, article introuvable, página no encontrada, la página que buscas, error 404
esta página no existe, pagina non trovata, errore 404, la pagina richiesta, página não encontrada, erro 404, pagina niet gevonden
fout 404, nie znaleziono strony, strona nie istnieje, błąd 404, страница не найдена, ошибка 404, sayfa bulunamadı, hata 404
الصفحة غير موجودة, خطأ 404, 页面不存在, 找不到页面, 您访问的页面, 頁面不存在, ページが見つかりません, お探しのページ
페이지를 찾을 수 없습니다, sidan hittades inte, siden ble ikke funnet, siden blev ikke fundet, sivua ei löytynyt, stránka nenalezena
""")
"""Errors served with status 200. They count at the start of a title or a line."""

CONSENT = phrases("""
we value your privacy, your privacy choices, we and our partners, before you continue to, accept all cookies
accept cookies to continue, cookie consent, manage your privacy settings, with ads and tracking, continue without ads
to access this site please accept, you need to accept cookies, choose how we use your data, mit werbung weiterlesen, werbefrei lesen
mit werbung und tracking, zustimmen und weiter, wir und unsere partner, ihre privatsphäre ist uns wichtig, wir schätzen ihre privatsphäre
um diese seite zu nutzen, akzeptieren und weiter, pur-abo, datenschutzeinstellungen, le respect de votre vie privée
nous et nos partenaires, continuer sans accepter, accepter et continuer, accepter et fermer, votre vie privée, valoramos tu privacidad
nosotros y nuestros socios, aceptar y continuar, aceptar todas las cookies, tu privacidad es importante, la tua privacy
noi e i nostri partner, accetta e continua, rifiuta e abbonati, valorizamos a sua privacidade, nós e os nossos parceiros
aceitar e continuar, wij en onze partners, uw privacy, alles accepteren, jouw privacy, szanujemy twoją prywatność, my i nasi partnerzy
przejdź do serwisu, zgadzam się, мы используем файлы cookie, принять все, gizliliğinize değer veriyoruz, نحن نقدر خصوصيتك
我们重视您的隐私, プライバシー設定, 개인정보 보호 설정
""")
"""Consent walls."""

LOGIN = phrases("""
log in to continue, sign in to continue, please log in, please sign in, you must be logged in, log in to your account
sign in to your account, create an account to, register to continue, login required, sign in or create, log in or register
bitte melden sie sich an, bitte anmelden, bitte einloggen, jetzt anmelden, melden sie sich an, anmeldung erforderlich, connectez-vous pour
veuillez vous connecter, identifiez-vous, se connecter pour continuer, inicia sesión para, inicie sesión para, regístrate para continuar
accedi per continuare, effettua il login, faça login para, entre para continuar, log in om verder te, meld je aan, musisz się zalogować
войдите в аккаунт, авторизуйтесь, giriş yapın, devam etmek için giriş, تسجيل الدخول للمتابعة, 请登录, 请先登录, ログインしてください
ログインが必要です, 로그인이 필요합니다, 로그인 후 이용
""")
"""Logins in place of a text."""

GATE = phrases("""
subscribe to continue, subscribe to read, subscribe to keep reading, subscribe now to read, to continue reading, to keep reading
to read the full, to read the rest, to read this article, continue reading with a subscription, continue reading this article, continue reading this story
continue reading for free
keep reading for, this article is for subscribers, for subscribers only, subscriber-only, subscriber exclusive, subscribers only
this content is for subscribers, exclusive to subscribers, you have reached your limit, you've reached your limit
reached your article limit, free articles left, articles remaining, your free articles, register to continue reading, sign up to read
unlock this article, members only, for members only, sign in to read on, sign in to read the, log in to read the, become a member to read
join to read, weiterlesen mit, um weiterzulesen, jetzt weiterlesen, nur für abonnenten
exklusiv für abonnenten, diesen artikel weiterlesen, lesen sie den ganzen artikel, jetzt abonnieren und weiterlesen
dieser artikel ist kostenpflichtig, um den artikel weiterzulesen, réservé aux abonnés, réservé à nos abonnés, cet article est réservé
pour lire la suite, il vous reste, la suite est réservée, lire la suite de cet article, abonnez-vous pour lire, abonnez-vous pour continuer
suscríbete para seguir, suscríbete para continuar, suscríbete para leer, suscríbase para seguir, suscríbase para leer, exclusivo para suscriptores
sólo para suscriptores, solo para suscriptores, contenido exclusivo
para seguir leyendo, para continuar leyendo, abbonati per leggere, abbonati per continuare, riservato agli abbonati, per continuare a leggere
contenuto riservato
exclusivo para assinantes, para continuar lendo, assine para continuar, assine para ler, conteúdo exclusivo, lees verder met, om verder te lezen
alleen voor abonnees, voor abonnees, word abonnee, dostęp tylko dla prenumeratorów, czytaj dalej z, dla prenumeratorów
aby czytać dalej, материал доступен, только для подписчиков, оформите подписку, okumaya devam etmek için, abonelere özel
للمشتركين فقط, اشترك لمتابعة القراءة, 付费阅读全文, 订阅后阅读全文, 阅读全文请订阅, この記事は有料会員限定, 有料会員限定, 続きを読むには
会員限定記事, 구독자 전용, 유료회원, för prenumeranter, läs vidare med, for abonnenter, kun for abonnenter, tilaajille, pro předplatitele
""")
"""What a paywall prints below the beginning."""

MORE = phrases("""
read more, continue reading, read the rest of this story, read the rest of this article, read on, read the full story, read the full article
read full story, read full article, read the rest
keep reading, [more], more, weiterlesen, mehr lesen, weiter lesen
ganzen artikel lesen, lire la suite, lire l'article complet, leer artículo completo
lire plus, en savoir plus, leer más, seguir leyendo, sigue leyendo, leggi tutto, continua a leggere, continua, leia mais, continuar lendo
lees verder, lees meer, czytaj dalej, czytaj więcej, читать далее, читать дальше, подробнее, devamını oku, اقرأ المزيد, 阅读全文, 查看全文
続きを読む, もっと見る, 더 보기, 계속 읽기, läs mer, les mer, læs mere, lue lisää, číst dál
""")
"""What leads from a teaser to its whole text."""

SHOW = phrases("""
show more, show all, view more, see more, show full text, show full article, expand, mehr anzeigen, alles anzeigen, mehr zeigen, voir plus
afficher plus, afficher la suite, ver más, mostrar más, mostra altro, ver mais, mostrar mais, meer tonen, toon meer, pokaż więcej, rozwiń
показать полностью, показать ещё, показать еще, развернуть, показати більше, daha fazla göster, عرض المزيد, 展开, 展开全文, 点击展开, 全文を表示
さらに表示, 더보기, visa mer, vis mer, vis mere, näytä lisää, zobrazit více, xem thêm, selengkapnya, baca selengkapnya, อ่านต่อ, और पढ़ें
""")
"""What shows the rest of a text that is in the page already, besides MORE."""
